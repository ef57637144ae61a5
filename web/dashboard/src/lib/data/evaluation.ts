/** Evaluation sets: questions with what a right answer is, and the history of their scores. */
import { infiniteQueryOptions, queryOptions, type QueryClient } from '@tanstack/svelte-query';
import type { components } from '$shared/api/schema';
import { api, ask } from '../api';
import { refreshPromise } from './promise';

type Schemas = components['schemas'];
export type EvaluationSet = Schemas['EvaluationSet'];
export type EvaluationSetWithCases = Schemas['EvaluationSetWithCases'];
export type EvaluationCase = Schemas['EvaluationCase'];
export type NewEvaluationCase = Schemas['NewEvaluationCase'];
export type EvaluationScore = Schemas['EvaluationScore'];
export type EvaluationRun = Schemas['EvaluationRun'];
export type EvaluationResult = Schemas['EvaluationResult'];
export type EvaluationVerdict = Schemas['EvaluationVerdict'];
export type Expects = Schemas['Expects'];

const LIST = 'evaluation';
const PAGE_SIZE = 50;
/** Scores that a trend is drawn from. */
const TREND = 12;
/** A large set takes longer than other calls. */
const RUN_MS = 5 * 60_000;

export function evaluationSetsQuery() {
  return queryOptions({
    queryKey: [LIST, 'sets'] as const,
    queryFn: async ({ signal }) =>
      (await ask(api.GET('/api/v1/evaluation-sets', { signal }))).items,
  });
}

export function evaluationSetQuery(id: string) {
  return queryOptions({
    queryKey: [LIST, 'set', id] as const,
    queryFn: ({ signal }) =>
      ask(api.GET('/api/v1/evaluation-sets/{id}', { params: { path: { id } }, signal })),
  });
}

/** The newest first. */
export function evaluationRunsQuery(id: string) {
  return infiniteQueryOptions({
    queryKey: [LIST, 'runs', id] as const,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => {
      const query = { limit: PAGE_SIZE, ...(pageParam && { cursor: pageParam }) };
      const params = { path: { id }, query };
      return ask(api.GET('/api/v1/evaluation-sets/{id}/runs', { params, signal }));
    },
    getNextPageParam: (page) => page.next_cursor ?? null,
  });
}

/** The last scores, the oldest first. */
export function trendQuery(id: string) {
  return queryOptions({
    queryKey: [LIST, 'trend', id] as const,
    queryFn: async ({ signal }) => {
      const params = { path: { id }, query: { limit: TREND } };
      const page = await ask(api.GET('/api/v1/evaluation-sets/{id}/runs', { params, signal }));
      return page.items.toReversed();
    },
  });
}

export function evaluationRunQuery(id: string) {
  return queryOptions({
    queryKey: [LIST, 'run', id] as const,
    staleTime: Infinity,
    queryFn: ({ signal }) =>
      ask(api.GET('/api/v1/evaluation-runs/{id}', { params: { path: { id } }, signal })),
  });
}

export async function createEvaluationSet(
  client: QueryClient,
  name: string,
  cases: NewEvaluationCase[] = [],
): Promise<EvaluationSetWithCases> {
  return put(client, await ask(api.POST('/api/v1/evaluation-sets', { body: { name, cases } })));
}

export async function renameEvaluationSet(
  client: QueryClient,
  id: string,
  name: string,
): Promise<void> {
  const init = { params: { path: { id } }, body: { name } };
  await put(client, await ask(api.PATCH('/api/v1/evaluation-sets/{id}', init)));
}

export async function deleteEvaluationSet(client: QueryClient, id: string): Promise<void> {
  await ask(api.DELETE('/api/v1/evaluation-sets/{id}', { params: { path: { id } } }));
  await client.invalidateQueries({ queryKey: evaluationSetsQuery().queryKey });
  void refreshPromise(client);
}

/** A question that the set has already gets the new expectation. */
export async function addCases(
  client: QueryClient,
  id: string,
  cases: NewEvaluationCase[],
): Promise<EvaluationSetWithCases> {
  const init = { params: { path: { id } }, body: { cases } };
  return put(client, await ask(api.POST('/api/v1/evaluation-sets/{id}/cases', init)));
}

export async function deleteCase(client: QueryClient, id: string, case_id: string): Promise<void> {
  const params = { path: { id, case_id } };
  await put(
    client,
    await ask(api.DELETE('/api/v1/evaluation-sets/{id}/cases/{case_id}', { params })),
  );
}

export async function importCases(
  client: QueryClient,
  id: string,
  csv: string,
): Promise<EvaluationSetWithCases> {
  const init = {
    params: { path: { id } },
    body: csv,
    bodySerializer: (body: string) => body,
    headers: { 'content-type': 'text/csv' },
  };
  return put(client, await ask(api.POST('/api/v1/evaluation-sets/{id}/import', init)));
}

/** Asks all questions of the set now, and keeps the score. */
export async function runEvaluation(client: QueryClient, id: string): Promise<EvaluationRun> {
  const run = await ask(
    api.POST('/api/v1/evaluation-sets/{id}/runs', {
      params: { path: { id } },
      fetch: (request: Request) => fetch(request, { signal: AbortSignal.timeout(RUN_MS) }),
    }),
  );
  client.setQueryData(evaluationRunQuery(run.id).queryKey, run);
  await client.invalidateQueries({ queryKey: [LIST] });
  return run;
}

async function put(
  client: QueryClient,
  set: EvaluationSetWithCases,
): Promise<EvaluationSetWithCases> {
  client.setQueryData(evaluationSetQuery(set.id).queryKey, set);
  await client.invalidateQueries({ queryKey: evaluationSetsQuery().queryKey });
  void refreshPromise(client);
  return set;
}
