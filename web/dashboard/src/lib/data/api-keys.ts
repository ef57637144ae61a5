/** Keys with which programs use the API. */
import { queryOptions, type QueryClient } from '@tanstack/svelte-query';
import type { components } from '$shared/api/schema';
import { api, ask } from '../api';

export type NewApiKey = components['schemas']['NewApiKey'];

const KEYS = ['api-keys'] as const;

export function apiKeysQuery() {
  return queryOptions({
    queryKey: KEYS,
    queryFn: async ({ signal }) => (await ask(api.GET('/api/v1/api-keys', { signal }))).items,
  });
}

/** Gives the key itself, which cannot be read again. */
export async function createApiKey(client: QueryClient, body: NewApiKey): Promise<string> {
  const { key } = await ask(api.POST('/api/v1/api-keys', { body }));
  await client.invalidateQueries({ queryKey: KEYS });
  return key;
}

export async function revokeApiKey(client: QueryClient, id: string): Promise<void> {
  await ask(api.DELETE('/api/v1/api-keys/{id}', { params: { path: { id } } }));
  await client.invalidateQueries({ queryKey: KEYS });
}

/** Renews a key: gives the new one, which cannot be read again. */
export async function rotateApiKey(
  client: QueryClient,
  id: string,
  overlap_hours: number,
): Promise<string> {
  const init = { params: { path: { id } }, body: { overlap_hours } };
  const { key } = await ask(api.POST('/api/v1/api-keys/{id}/rotate', init));
  await client.invalidateQueries({ queryKey: KEYS });
  return key;
}
