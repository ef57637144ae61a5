/** The columns through which deals go. */
import { queryOptions, type QueryClient } from '@tanstack/svelte-query';
import { api, ask } from '$lib/api';
import { refreshSales, salesKey } from '$lib/crm/keys';
import type { Pipeline, StageInput } from './types';

export function pipelinesQuery() {
  return queryOptions({
    queryKey: salesKey('pipelines'),
    queryFn: async ({ signal }) => (await ask(api.GET('/api/v1/crm/pipelines', { signal }))).items,
  });
}

export async function createPipeline(
  client: QueryClient,
  name: string,
  stages: StageInput[],
): Promise<Pipeline> {
  const created = await ask(api.POST('/api/v1/crm/pipelines', { body: { name, stages } }));
  await refreshSales(client, 'pipelines');
  return created;
}

export async function changePipeline(
  client: QueryClient,
  id: string,
  body: { name?: string; is_default?: boolean; stages?: StageInput[] },
): Promise<Pipeline> {
  const params = { path: { id } };
  const changed = await ask(api.PATCH('/api/v1/crm/pipelines/{id}', { params, body }));
  await refreshSales(client, 'pipelines', 'board', 'deals', 'deal', 'summary');
  return changed;
}

export async function deletePipeline(client: QueryClient, id: string): Promise<void> {
  await ask(api.DELETE('/api/v1/crm/pipelines/{id}', { params: { path: { id } } }));
  await refreshSales(client, 'pipelines', 'board');
}
