/** What the search has learned from the workspace's own questions. */
import { queryOptions, type QueryClient } from '@tanstack/svelte-query';
import type { components } from '$shared/api/schema';
import { api, ask } from '../api';

export type RetrievalModel = components['schemas']['RetrievalModel'];
export type RetrievalVersion = components['schemas']['RetrievalVersion'];
export type RetrievalRefusal = components['schemas']['RetrievalRefusal'];

const KEY = ['retrieval-model'] as const;

export function retrievalModelQuery() {
  return queryOptions({
    queryKey: KEY,
    queryFn: ({ signal }) => ask(api.GET('/api/v1/retrieval-model', { signal })),
  });
}

/** Takes minutes; what serves now goes on meanwhile. */
export async function trainRetrieval(client: QueryClient): Promise<void> {
  client.setQueryData(KEY, await ask(api.POST('/api/v1/retrieval-model/train')));
}

/** The version before the active one serves again, or the search model alone. */
export async function rollBackRetrieval(client: QueryClient): Promise<void> {
  client.setQueryData(KEY, await ask(api.POST('/api/v1/retrieval-model/roll-back')));
}

export async function activateRetrieval(client: QueryClient, id: string): Promise<void> {
  await ask(api.POST('/api/v1/model-versions/{id}/activate', { params: { path: { id } } }));
  await client.invalidateQueries({ queryKey: KEY });
}
