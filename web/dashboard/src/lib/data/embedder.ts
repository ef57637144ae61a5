/** Which embedding model finds knowledge by meaning, and how large bases are held. */
import { queryOptions, type QueryClient } from '@tanstack/svelte-query';
import type { components } from '$shared/api/schema';
import { api, ask } from '../api';

export type EmbedderState = components['schemas']['EmbedderState'];
export type EmbedderView = components['schemas']['EmbedderView'];
export type NewEmbedder = components['schemas']['NewEmbedder'];
export type IndexState = components['schemas']['IndexState'];

const EMBEDDER = ['embedder'] as const;

export function embedderQuery() {
  return queryOptions({
    queryKey: EMBEDDER,
    queryFn: ({ signal }) => ask(api.GET('/api/v1/knowledge/embedder', { signal })),
  });
}

export function knowledgeIndexQuery() {
  return queryOptions({
    queryKey: ['knowledge-index'],
    queryFn: ({ signal }) => ask(api.GET('/api/v1/knowledge/index', { signal })),
  });
}

/** Everything is embedded anew; what served before does so until that is done. */
export async function chooseEmbedder(client: QueryClient, body: NewEmbedder): Promise<void> {
  client.setQueryData(EMBEDDER, await ask(api.PUT('/api/v1/knowledge/embedder', { body })));
}

/** Gives up the change that is going on. */
export async function stopEmbedderChange(client: QueryClient): Promise<void> {
  await ask(api.DELETE('/api/v1/knowledge/embedder/next'));
  await client.invalidateQueries({ queryKey: EMBEDDER });
}
