/** Questions with their approved answers: the table, one pair, many at once, and CSV in and out. */
import { infiniteQueryOptions, queryOptions, type QueryClient } from '@tanstack/svelte-query';
import type { components, operations } from '$shared/api/schema';
import { api, ask, type QaPair } from '../api';

type Schemas = components['schemas'];
export type QaPairChange = Schemas['QaPairChange'];
export type BulkChange = Schemas['QaPairBulkChange'];
export type CsvPreview = Schemas['CsvPreview'];
export type CsvReport = Schemas['Imported'];
export type SimilarQaPair = Schemas['SimilarQaPair'];
export type QaPairFilter = Pick<ListQuery, 'q' | 'category' | 'language' | 'is_active' | 'source'>;
type ListQuery = NonNullable<operations['list_qa_pairs']['parameters']['query']>;
export type QaPairSort = NonNullable<ListQuery['sort']>;
export type CsvOptions = NonNullable<operations['preview_qa_pairs']['parameters']['query']>;

export interface QaPairDraft {
  question: string;
  answer: string;
  category: string;
  language?: string;
  phrasings?: string[];
}

export const sorts = ['created', 'updated', 'question', 'used'] as const satisfies QaPairSort[];
export const sources = [
  'manual',
  'csv_import',
  'transcript_extraction',
  'gap',
  'template',
] as const satisfies QaPair['source'][];

/** From here on two questions ask the same. */
export const NEAR_DUPLICATE = 0.95;

const LIST = 'qa-pairs';
const PAGE_SIZE = 50;
const IMPORT_MS = 15 * 60_000;

export function qaPairsQuery(filter: QaPairFilter, sort: QaPairSort) {
  return infiniteQueryOptions({
    queryKey: [LIST, 'list', filter, sort] as const,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => {
      const query = { ...filter, sort, limit: PAGE_SIZE, ...(pageParam && { cursor: pageParam }) };
      return ask(api.GET('/api/v1/qa-pairs', { params: { query }, signal }));
    },
    getNextPageParam: (page) => page.next_cursor ?? null,
  });
}

export function qaPairQuery(id: string) {
  return queryOptions({
    queryKey: [LIST, 'one', id] as const,
    queryFn: ({ signal }) =>
      ask(api.GET('/api/v1/qa-pairs/{id}', { params: { path: { id } }, signal })),
  });
}

export function facetsQuery() {
  return queryOptions({
    queryKey: [LIST, 'facets'] as const,
    queryFn: ({ signal }) => ask(api.GET('/api/v1/qa-pairs/facets', { signal })),
  });
}

/** Pairs that ask nearly the same; none for an empty question. */
export function similarQuery(question: string, excludeId: string | null) {
  return queryOptions({
    queryKey: [LIST, 'similar', question, excludeId] as const,
    enabled: question !== '',
    queryFn: async ({ signal }) => {
      const body = { question, ...(excludeId && { exclude_id: excludeId }) };
      const found = await ask(api.POST('/api/v1/qa-pairs/similar', { body, signal }));
      return found.items;
    },
  });
}

/** Where the file comes from: everything that the filter shows. */
export function exportUrl(filter: QaPairFilter): string {
  const entries = Object.entries(filter).map(([name, value]) => [name, String(value)]);
  const query = new URLSearchParams(entries).toString();
  return `/api/v1/qa-pairs/export${query && `?${query}`}`;
}

export async function createQaPair(
  client: QueryClient,
  draft: QaPairDraft & { is_active?: boolean },
): Promise<QaPair> {
  const created = await ask(api.POST('/api/v1/qa-pairs', { body: draft }));
  await refreshKnowledge(client);
  return created;
}

export async function changeQaPair(
  client: QueryClient,
  id: string,
  body: Partial<QaPairDraft> & { is_active?: boolean },
): Promise<QaPair> {
  const changed = await ask(api.PATCH('/api/v1/qa-pairs/{id}', { params: { path: { id } }, body }));
  await refreshKnowledge(client);
  return changed;
}

export async function deleteQaPair(client: QueryClient, id: string): Promise<void> {
  await ask(api.DELETE('/api/v1/qa-pairs/{id}', { params: { path: { id } } }));
  await refreshKnowledge(client);
}

/** The pair goes on as another phrasing of the one that stays. */
export async function mergeQaPair(
  client: QueryClient,
  id: string,
  intoId: string,
  answer?: string,
): Promise<void> {
  const body = { into_id: intoId, ...(answer && { answer }) };
  await ask(api.POST('/api/v1/qa-pairs/{id}/merge', { params: { path: { id } }, body }));
  await refreshKnowledge(client);
}

export async function restoreQaPair(client: QueryClient, id: string): Promise<void> {
  await ask(api.POST('/api/v1/qa-pairs/{id}/restore', { params: { path: { id } } }));
  await refreshKnowledge(client);
}

/** Returns how many differ now, and the changes that bring back what was. */
export async function changeMany(client: QueryClient, changes: BulkChange[]) {
  const done = await ask(api.POST('/api/v1/qa-pairs/bulk', { body: { changes } }));
  await refreshKnowledge(client);
  return done;
}

export function previewCsv(text: string, options: CsvOptions): Promise<CsvPreview> {
  return ask(api.POST('/api/v1/qa-pairs/import/preview', csv(text, options)));
}

export async function importCsv(client: QueryClient, text: string, options: CsvOptions) {
  const report = await ask(api.POST('/api/v1/qa-pairs/import', csv(text, options)));
  await refreshKnowledge(client);
  return report;
}

/** A large file takes longer than other calls. */
function csv(text: string, query: CsvOptions) {
  return {
    params: { query },
    body: text,
    bodySerializer: (body: string) => body,
    headers: { 'content-type': 'text/csv' },
    fetch: (request: Request) => fetch(request, { signal: AbortSignal.timeout(IMPORT_MS) }),
  };
}

export async function refreshKnowledge(client: QueryClient): Promise<void> {
  const lists = [LIST, 'upkeep'].map((list) => client.invalidateQueries({ queryKey: [list] }));
  await Promise.all(lists);
}
