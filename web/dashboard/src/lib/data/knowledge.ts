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

/** Creates a pair, or changes the one given. */
export async function saveQaPair(
  client: QueryClient,
  pair: QaPair | null,
  draft: QaPairDraft,
): Promise<void> {
  const body = { ...draft, category: draft.category || null };
  if (pair) {
    const params = { path: { id: pair.id } };
    await ask(api.PATCH('/api/v1/qa-pairs/{id}', { params, body }));
  } else {
    await ask(api.POST('/api/v1/qa-pairs', { body }));
  }
  await refresh(client);
}

/** A pair that is off stays stored but is never answered from. */
export async function setActive(
  client: QueryClient,
  { id }: QaPair,
  is_active: boolean,
): Promise<void> {
  const init = { params: { path: { id } }, body: { is_active } };
  await ask(api.PATCH('/api/v1/qa-pairs/{id}', init));
  await refresh(client);
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
