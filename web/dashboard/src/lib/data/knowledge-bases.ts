/** Whole texts in numbered versions, one of each type in force. */
import { queryOptions, type QueryClient } from '@tanstack/svelte-query';
import type { components } from '$shared/api/schema';
import { api, ask } from '../api';

type Schemas = components['schemas'];
export type KnowledgeBase = Schemas['KnowledgeBase'];
export type ContentType = Schemas['ContentType'];

export const contentTypes = ['faq', 'custom', 'system_prompt'] as const satisfies ContentType[];

const LIST = 'knowledge-bases';
/** A long text is read and embedded before it is in force. */
const ACTIVATE_MS = 5 * 60_000;

/** The newest version first. */
export function knowledgeBasesQuery(content_type: ContentType) {
  return queryOptions({
    queryKey: [LIST, content_type] as const,
    queryFn: async ({ signal }) => {
      const init = { params: { query: { content_type } }, signal };
      return (await ask(api.GET('/api/v1/knowledge-bases', init))).items;
    },
  });
}

/** Writes the next version; `is_active` puts it in force at once. */
export async function writeVersion(
  client: QueryClient,
  body: { content_type: ContentType; content: string; is_active: boolean },
): Promise<KnowledgeBase> {
  const written = await ask(api.POST('/api/v1/knowledge-bases', { body, fetch: slowly }));
  await refresh(client);
  return written;
}

export async function putInForce(client: QueryClient, id: string): Promise<void> {
  const init = { params: { path: { id } }, fetch: slowly };
  await ask(api.PUT('/api/v1/knowledge-bases/{id}/active', init));
  await refresh(client);
}

/** None is in force then. */
export async function takeOutOfForce(client: QueryClient, id: string): Promise<void> {
  await ask(api.DELETE('/api/v1/knowledge-bases/{id}/active', { params: { path: { id } } }));
  await refresh(client);
}

const slowly = (request: Request) => fetch(request, { signal: AbortSignal.timeout(ACTIVATE_MS) });

async function refresh(client: QueryClient): Promise<void> {
  await client.invalidateQueries({ queryKey: [LIST] });
  void client.invalidateQueries({ queryKey: ['documents'] });
}
