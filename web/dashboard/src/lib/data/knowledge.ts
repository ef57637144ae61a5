/** Questions with their approved answers: listing, editing, and CSV in and out. */
import { infiniteQueryOptions, type QueryClient } from '@tanstack/svelte-query';
import { api, ask, type QaPair } from '../api';

export interface QaPairDraft {
  question: string;
  answer: string;
  category: string;
}

export const EXPORT_URL = '/api/v1/qa-pairs/export';

const LIST = 'qa-pairs';
const PAGE_SIZE = 50;

export function qaPairsQuery(search: string) {
  return infiniteQueryOptions({
    queryKey: [LIST, search] as const,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => {
      const query = {
        limit: PAGE_SIZE,
        ...(search && { q: search }),
        ...(pageParam && { cursor: pageParam }),
      };
      return ask(api.GET('/api/v1/qa-pairs', { params: { query }, signal }));
    },
    getNextPageParam: (page) => page.next_cursor ?? null,
  });
}

/** Creates a pair, or changes the one given. Returns a question that is nearly the same, if there was one already. */
export async function saveQaPair(
  client: QueryClient,
  pair: QaPair | null,
  draft: QaPairDraft,
): Promise<string | null> {
  if (pair) {
    const params = { path: { id: pair.id } };
    await ask(api.PATCH('/api/v1/qa-pairs/{id}', { params, body: draft }));
    await refresh(client);
    return null;
  }
  const created = await ask(api.POST('/api/v1/qa-pairs', { body: draft }));
  await refresh(client);
  return created.near_duplicate?.question ?? null;
}

/** A pair that is off stays stored but is never answered from. */
export async function setActive(
  client: QueryClient,
  { id }: QaPair,
  is_active: boolean,
): Promise<null> {
  const init = { params: { path: { id } }, body: { is_active } };
  await ask(api.PATCH('/api/v1/qa-pairs/{id}', init));
  await refresh(client);
  return null;
}

/** Sends a CSV file with the columns question, answer, category. Returns the server's report. */
export async function importCsv(client: QueryClient, file: File) {
  const report = await ask(
    api.POST('/api/v1/qa-pairs/import', {
      body: await file.text(),
      bodySerializer: (text: string) => text,
      headers: { 'content-type': 'text/csv' },
    }),
  );
  await refresh(client);
  return report;
}

function refresh(client: QueryClient): Promise<void> {
  return client.invalidateQueries({ queryKey: [LIST] });
}
