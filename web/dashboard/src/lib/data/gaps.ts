/**
 * Knowledge gaps: questions that found no answer. Open ones come as clusters that ask the same, those that most
 * visitors wait for first; closed ones as a list, the most lately asked first.
 */
import { infiniteQueryOptions, queryOptions, type QueryClient } from '@tanstack/svelte-query';
import type { components } from '$shared/api/schema';
import { api, ask, type GapStatus } from '../api';

type Schemas = components['schemas'];
export type GapCluster = Schemas['GapCluster'];
export type GapEffect = Schemas['GapEffect'];
export type Proposal = Schemas['Proposal'];
type Clusters = Schemas['GapClusters'];

const LIST = 'gaps';
const PAGE_SIZE = 50;
/** Nobody works through more of them at once; the number of all is told. */
const MOST_CLUSTERS = 200;

export function clustersQuery() {
  return queryOptions({
    queryKey: [LIST, 'clusters'] as const,
    queryFn: ({ signal }) => {
      const query = { limit: MOST_CLUSTERS };
      return ask(api.GET('/api/v1/gap-clusters', { params: { query }, signal }));
    },
  });
}

/** All open wordings of what any of them asks; those that were answered where none is open. */
export function clusterQuery(id: string) {
  return queryOptions({
    queryKey: [LIST, 'cluster', id] as const,
    queryFn: async ({ signal }) => {
      const init = { params: { path: { id } }, signal };
      return (await ask(api.GET('/api/v1/gap-clusters/{id}', init))).items;
    },
  });
}

export function closedGapsQuery(status: Exclude<GapStatus, 'open'>) {
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

/** What answers have brought, the newest first. */
export function effectsQuery() {
  return infiniteQueryOptions({
    queryKey: [LIST, 'effects'] as const,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => {
      const query = { limit: PAGE_SIZE, ...(pageParam && { cursor: pageParam }) };
      return ask(api.GET('/api/v1/gap-effects', { params: { query }, signal }));
    },
    getNextPageParam: (page) => page.next_cursor ?? null,
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

/** Fetches the lists on screen again, and the others when they are looked at. */
export function refreshGaps(client: QueryClient): Promise<void> {
  return client.invalidateQueries({ queryKey: [LIST] });
}

/** What a person does with a cluster. `gapIds` are the wordings that are meant. */
export interface Chosen {
  clusterId: string;
  gapIds: string[];
  /** Called just before the cluster leaves its list. */
  onLeave: () => void;
}

export interface GapAnswer {
  question: string;
  answer: string;
  category: string;
}

/** Stores the answer as knowledge; the next visitor gets it. Returns the gaps that it closes. */
export async function resolveCluster(
  client: QueryClient,
  chosen: Chosen,
  { question, answer, category }: GapAnswer,
): Promise<string[]> {
  const body = { question, answer, ...(category && { category }), ...idsOf(chosen) };
  const init = { params: { path: { id: chosen.clusterId } }, body };
  const { closed } = await ask(api.POST('/api/v1/gap-clusters/{id}/resolve', init));
  return leave(client, chosen, closed);
}

/** The questions become phrasings of a pair that answers them already. */
export async function linkCluster(
  client: QueryClient,
  chosen: Chosen,
  qaId: string,
): Promise<string[]> {
  const body = { qa_id: qaId, ...idsOf(chosen) };
  const init = { params: { path: { id: chosen.clusterId } }, body };
  const { closed } = await ask(api.POST('/api/v1/gap-clusters/{id}/link', init));
  return leave(client, chosen, closed);
}

/** Takes the questions out of the queue without an answer. */
export async function dismissCluster(client: QueryClient, chosen: Chosen): Promise<string[]> {
  const init = { params: { path: { id: chosen.clusterId } }, body: idsOf(chosen) };
  const { closed } = await ask(api.POST('/api/v1/gap-clusters/{id}/dismiss', init));
  return leave(client, chosen, closed);
}

function idsOf({ gapIds }: Chosen): { gap_ids: string[] } {
  return { gap_ids: gapIds };
}

/** Takes the cluster out of the list on screen; whatever is left of it comes back with the next reading. */
function leave(client: QueryClient, { clusterId, onLeave }: Chosen, closed: string[]): string[] {
  onLeave();
  client.setQueryData(clustersQuery().queryKey, (list) => list && without(list, clusterId));
  void refreshGaps(client);
  void client.invalidateQueries({ queryKey: ['qa-pairs'] });
  return closed;
}

/** Pure part of `leave`. */
export function without({ items, total }: Clusters, id: string): Clusters {
  const left = items.filter((cluster) => cluster.id !== id);
  return { items: left, total: total - (items.length - left.length) };
}

/** Back into the queue. `withdraw` also turns off the pair that was written for it. */
export async function reopenGaps(
  client: QueryClient,
  ids: readonly string[],
  withdraw: boolean,
): Promise<void> {
  for (const [index, id] of ids.entries()) {
    const body = { withdraw: withdraw && index === 0 };
    await ask(api.POST('/api/v1/gaps/{id}/reopen', { params: { path: { id } }, body }));
  }
  await refreshGaps(client);
  void client.invalidateQueries({ queryKey: ['qa-pairs'] });
}

/** What people wrote, what documents say, what the model writes; asked for by a person, for it may cost money. */
export function proposeAnswers(id: string): Promise<Schemas['Proposals']> {
  return ask(api.POST('/api/v1/gap-clusters/{id}/proposals', { params: { path: { id } } }));
}
