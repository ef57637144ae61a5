/** Models of the workspace's own: training sets, versions, and what providers make of them. */
import { infiniteQueryOptions, queryOptions, type QueryClient } from '@tanstack/svelte-query';
import type { components } from '$shared/api/schema';
import { api, ask } from '../api';

type Schemas = components['schemas'];
export type ModelVersion = Schemas['ModelVersion'];
export type NewModelVersion = Schemas['NewModelVersion'];
export type NewTuningRun = Schemas['NewTuningRun'];
export type ModelVersionPatch = Schemas['ModelVersionPatch'];
export type TrainingSet = Schemas['TrainingSet'];
export type TrainingExample = Schemas['TrainingExample'];
export type TrainingFilter = Schemas['TrainingFilter'];
export type TrainingPreview = Schemas['TrainingPreview'];
export type TrainingEstimate = Schemas['TrainingEstimate'];
export type NewTrainingSet = Schemas['NewTrainingSet'];
export type TrainingFormat = 'openai' | 'anthropic' | 'gemini';

const VERSIONS = ['model-versions'] as const;
const SETS = ['training-sets'] as const;

const at = (id: string) => ({ params: { path: { id } } });

export function versionsQuery() {
  return queryOptions({
    queryKey: VERSIONS,
    queryFn: async ({ signal }) => (await ask(api.GET('/api/v1/model-versions', { signal }))).items,
  });
}

export function versionQuery(id: string) {
  return queryOptions({
    queryKey: [...VERSIONS, id],
    queryFn: ({ signal }) => ask(api.GET('/api/v1/model-versions/{id}', { ...at(id), signal })),
  });
}

const refreshVersions = (client: QueryClient) => client.invalidateQueries({ queryKey: VERSIONS });
const refreshSets = (client: QueryClient) => client.invalidateQueries({ queryKey: SETS });

export async function registerVersion(client: QueryClient, body: NewModelVersion): Promise<void> {
  await ask(api.POST('/api/v1/model-versions', { body }));
  await refreshVersions(client);
}

export async function tuneModel(client: QueryClient, body: NewTuningRun): Promise<void> {
  await ask(api.POST('/api/v1/model-versions/tune', { body }));
  await Promise.all([refreshVersions(client), refreshSets(client)]);
}

export async function changeVersion(client: QueryClient, id: string, body: ModelVersionPatch) {
  await ask(api.PATCH('/api/v1/model-versions/{id}', { ...at(id), body }));
  await refreshVersions(client);
}

export async function deleteVersion(client: QueryClient, id: string): Promise<void> {
  await ask(api.DELETE('/api/v1/model-versions/{id}', at(id)));
  await Promise.all([refreshVersions(client), refreshSets(client)]);
}

export async function activateVersion(client: QueryClient, id: string): Promise<void> {
  await ask(api.POST('/api/v1/model-versions/{id}/activate', at(id)));
  await refreshVersions(client);
}

export async function deactivateVersion(client: QueryClient, id: string): Promise<void> {
  await ask(api.POST('/api/v1/model-versions/{id}/deactivate', at(id)));
  await refreshVersions(client);
}

/** Asks the provider now; what it says comes as a live event. */
export async function lookAgain(id: string): Promise<void> {
  await ask(api.POST('/api/v1/model-versions/{id}/refresh', at(id)));
}

export async function cancelTraining(client: QueryClient, id: string): Promise<void> {
  await ask(api.POST('/api/v1/model-versions/{id}/cancel', at(id)));
  await refreshVersions(client);
}

export function trainingSetsQuery() {
  return queryOptions({
    queryKey: SETS,
    queryFn: async ({ signal }) => (await ask(api.GET('/api/v1/training-sets', { signal }))).items,
  });
}

export function previewQuery(filter: TrainingFilter) {
  return queryOptions({
    queryKey: [...SETS, 'preview', filter],
    queryFn: ({ signal }) =>
      ask(api.POST('/api/v1/training-sets/preview', { body: { filter }, signal })),
  });
}

export function examplesQuery(set: string) {
  return infiniteQueryOptions({
    queryKey: [...SETS, set, 'examples'],
    queryFn: ({ pageParam, signal }) => {
      const params = { path: { id: set }, query: pageParam ? { cursor: pageParam } : {} };
      return ask(api.GET('/api/v1/training-sets/{id}/examples', { params, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor }) => next_cursor ?? null,
  });
}

export function estimateQuery(set: string, epochs: number, price: number | null) {
  return queryOptions({
    queryKey: [...SETS, set, 'estimate', epochs, price],
    queryFn: ({ signal }) => {
      const query = { epochs, ...(price !== null && { price }) };
      const params = { path: { id: set }, query };
      return ask(api.GET('/api/v1/training-sets/{id}/estimate', { params, signal }));
    },
  });
}

export async function addTrainingSet(client: QueryClient, body: NewTrainingSet): Promise<void> {
  await ask(api.POST('/api/v1/training-sets', { body }));
  await refreshSets(client);
}

export async function freezeTrainingSet(client: QueryClient, id: string): Promise<void> {
  await ask(api.POST('/api/v1/training-sets/{id}/freeze', at(id)));
  await refreshSets(client);
}

export async function deleteTrainingSet(client: QueryClient, id: string): Promise<void> {
  await ask(api.DELETE('/api/v1/training-sets/{id}', at(id)));
  await refreshSets(client);
}

export async function leaveOut(
  client: QueryClient,
  set: string,
  example_id: string,
  is_left_out: boolean,
): Promise<void> {
  const params = { path: { id: set, example_id } };
  const path = '/api/v1/training-sets/{id}/examples/{example_id}';
  await ask(api.PATCH(path, { params, body: { is_left_out } }));
  await refreshSets(client);
}

/** For a link: the browser saves it. */
export function exportUrl(set: string, format: TrainingFormat): string {
  return `/api/v1/training-sets/${set}/export?format=${format}`;
}
