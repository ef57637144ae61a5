/** Knowledge gaps: questions that found no answer, the most lately asked first. */
import { infiniteQueryOptions, queryOptions, type QueryClient } from '@tanstack/svelte-query';
import { api, ask, type Gap, type GapStatus } from '../api';
import { allItems, changeItems, refetchAfterFetch, type Pages } from './patch';

export const gapStatuses = ['open', 'resolved', 'dismissed'] as const satisfies GapStatus[];

const LIST = 'gaps';
const PAGE_SIZE = 50;

export function gapsQuery(status: GapStatus) {
  return infiniteQueryOptions({
    queryKey: [LIST, status] as const,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => {
      const query = { status, limit: PAGE_SIZE, ...(pageParam && { cursor: pageParam }) };
      return ask(api.GET('/api/v1/gaps', { params: { query }, signal }));
    },
    getNextPageParam: (page) => page.next_cursor ?? null,
  });
}

/** Fetches the lists on screen again, and the others when they are looked at. */
export function refreshGaps(client: QueryClient): Promise<void> {
  return client.invalidateQueries({ queryKey: [LIST] });
}

/** Shows the newest state of a gap in the list of its status; one that is new there comes first. */
export function putGap(client: QueryClient, gap: Gap): void {
  for (const status of gapStatuses) {
    client.setQueryData<Pages<Gap>>(
      gapsQuery(status).queryKey,
      (data) => data && placeGap(data, gap, status),
    );
  }
  void client.invalidateQueries({ queryKey: gapCountsQuery().queryKey });
  refetchAfterFetch(client, [LIST]);
}

/** Pure part of `putGap`. */
export function placeGap(data: Pages<Gap>, gap: Gap, status: GapStatus): Pages<Gap> {
  if (gap.status !== status) return changeItems(data, (item) => (item.id === gap.id ? null : item));
  const isKnown = allItems(data).some((item) => item.id === gap.id);
  if (isKnown) return changeItems(data, (item) => (item.id === gap.id ? gap : item));
  const [first, ...rest] = data.pages;
  if (!first) return data;
  return { ...data, pages: [{ ...first, items: [gap, ...first.items] }, ...rest] };
}

export interface GapAnswer {
  question: string;
  answer: string;
  category: string;
}

/** Stores the answer as knowledge; the next visitor gets it. `onLeave` is called just before the gap leaves its list. */
export async function resolveGap(
  client: QueryClient,
  gap: Gap,
  { question, answer, category }: GapAnswer,
  onLeave: () => void,
): Promise<void> {
  const params = { path: { id: gap.id } };
  const body = { question, answer, ...(category && { category }) };
  const resolved = await ask(api.POST('/api/v1/gaps/{id}/resolve', { params, body }));
  onLeave();
  putGap(client, resolved.gap);
  void client.invalidateQueries({ queryKey: ['qa-pairs'] });
}

/** The question becomes another phrasing of a pair that answers it already. */
export async function linkGap(
  client: QueryClient,
  gap: Gap,
  qaId: string,
  onLeave: () => void,
): Promise<void> {
  const init = { params: { path: { id: gap.id } }, body: { qa_id: qaId } };
  const linked = await ask(api.POST('/api/v1/gaps/{id}/link', init));
  onLeave();
  putGap(client, linked.gap);
  void client.invalidateQueries({ queryKey: ['qa-pairs'] });
}

/** Back into the queue. `withdraw` also turns off the pair that was written for it. */
export async function reopenGap(client: QueryClient, gap: Gap, withdraw: boolean): Promise<void> {
  const init = { params: { path: { id: gap.id } }, body: { withdraw } };
  putGap(client, await ask(api.POST('/api/v1/gaps/{id}/reopen', init)));
  void client.invalidateQueries({ queryKey: ['qa-pairs'] });
}

export function gapCountsQuery() {
  return queryOptions({
    queryKey: [LIST, 'counts'] as const,
    queryFn: ({ signal }) => ask(api.GET('/api/v1/gaps/counts', { signal })),
  });
}

/** Who asked, and what they got. */
export function occurrencesQuery(id: string) {
  return queryOptions({
    queryKey: [LIST, 'occurrences', id] as const,
    queryFn: async ({ signal }) => {
      const init = { params: { path: { id } }, signal };
      return (await ask(api.GET('/api/v1/gaps/{id}/occurrences', init))).items;
    },
  });
}

/** A proposal from documents or by the model; fetched when somebody asks for it, for it may cost money. */
export function draftGap(id: string) {
  return ask(api.POST('/api/v1/gaps/{id}/draft', { params: { path: { id } } }));
}

/** Takes a question out of the queue without an answer. */
export async function dismissGap(
  client: QueryClient,
  gap: Gap,
  onLeave: () => void,
): Promise<void> {
  const params = { path: { id: gap.id } };
  const dismissed = await ask(api.POST('/api/v1/gaps/{id}/dismiss', { params }));
  onLeave();
  putGap(client, dismissed);
}
