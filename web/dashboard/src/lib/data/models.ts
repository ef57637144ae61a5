/** Keys for language models. The server shows their last four characters and no more. */
import { queryOptions, type QueryClient } from '@tanstack/svelte-query';
import type { components } from '$shared/api/schema';
import { api, ask } from '../api';

export type NewCredential = components['schemas']['NewCredential'];
export type CredentialPatch = components['schemas']['CredentialPatch'];
export type CredentialTest = components['schemas']['CredentialTest'];

const MODELS = ['llm-credentials'] as const;

export function modelsQuery() {
  return queryOptions({
    queryKey: MODELS,
    queryFn: async ({ signal }) =>
      (await ask(api.GET('/api/v1/llm-credentials', { signal }))).items,
  });
}

export async function addModel(client: QueryClient, body: NewCredential): Promise<void> {
  await ask(api.POST('/api/v1/llm-credentials', { body }));
  await client.invalidateQueries({ queryKey: MODELS });
}

export async function changeModel(client: QueryClient, id: string, body: CredentialPatch) {
  await ask(api.PATCH('/api/v1/llm-credentials/{id}', { params: { path: { id } }, body }));
  await client.invalidateQueries({ queryKey: MODELS });
}

export async function deleteModel(client: QueryClient, id: string): Promise<void> {
  await ask(api.DELETE('/api/v1/llm-credentials/{id}', { params: { path: { id } } }));
  await client.invalidateQueries({ queryKey: MODELS });
}

/** One very short call. */
export function testModel(id: string): Promise<CredentialTest> {
  return ask(api.POST('/api/v1/llm-credentials/{id}/test', { params: { path: { id } } }));
}
