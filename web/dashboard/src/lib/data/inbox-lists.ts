/** The small lists that the inbox needs everywhere: labels, saved replies, views, colleagues, counts. */
import { queryOptions, type QueryClient } from '@tanstack/svelte-query';
import { api, ask, type SavedView } from '../api';
import { refreshSession } from '../session.svelte';
import { refetchAfterFetch } from './patch';

const LONG_MS = 10 * 60_000;

export function labelsQuery() {
  return queryOptions({
    queryKey: ['labels'],
    queryFn: async ({ signal }) => (await ask(api.GET('/api/v1/labels', { signal }))).items,
    staleTime: LONG_MS,
  });
}

export function savedRepliesQuery() {
  return queryOptions({
    queryKey: ['saved-replies'],
    queryFn: async ({ signal }) => (await ask(api.GET('/api/v1/saved-replies', { signal }))).items,
    staleTime: LONG_MS,
  });
}

/** Everybody who can be given a conversation or be mentioned. */
export function teamQuery() {
  return queryOptions({
    queryKey: ['team'],
    queryFn: async ({ signal }) => (await ask(api.GET('/api/v1/team', { signal }))).items,
  });
}

export function savedViewsQuery() {
  return queryOptions({
    queryKey: ['inbox-views'],
    queryFn: async ({ signal }) => (await ask(api.GET('/api/v1/inbox-views', { signal }))).items,
    staleTime: LONG_MS,
  });
}

export function countsQuery() {
  return queryOptions({
    queryKey: ['inbox-counts'],
    queryFn: ({ signal }) => ask(api.GET('/api/v1/inbox/counts', { signal })),
  });
}

const COUNT_AGAIN_MS = 1_000;
let isCounting = false;

/** Counts again soon; many events in a row count once. */
export function refreshCounts(client: QueryClient): void {
  if (isCounting) return;
  isCounting = true;
  setTimeout(() => {
    isCounting = false;
    void client.invalidateQueries(countsQuery());
    // the home page counts the same conversations
    void client.invalidateQueries({ queryKey: ['overview'] });
  }, COUNT_AGAIN_MS);
}

/** Keeps a filter under a name. `query` is what `writeFilter` gives. */
export async function saveView(
  client: QueryClient,
  view: { name: string; query: string; is_shared: boolean },
): Promise<void> {
  await ask(api.POST('/api/v1/inbox-views', { body: view }));
  await client.invalidateQueries(savedViewsQuery());
}

export async function deleteView(client: QueryClient, { id }: SavedView): Promise<void> {
  await ask(api.DELETE('/api/v1/inbox-views/{id}', { params: { path: { id } } }));
  await client.invalidateQueries(savedViewsQuery());
}

/** Says whether one takes conversations now. */
export async function setAvailability(
  client: QueryClient,
  me: string,
  availability: 'available' | 'away',
): Promise<void> {
  const { queryKey } = teamQuery();
  const show = (next: 'available' | 'away') => {
    client.setQueryData(queryKey, (team) =>
      team?.map((one) => (one.user_id === me ? { ...one, availability: next } : one)),
    );
  };
  show(availability);
  try {
    await ask(api.PUT('/api/v1/availability', { body: { availability } }));
  } catch (error) {
    show(availability === 'away' ? 'available' : 'away');
    throw error;
  }
}

/** What has to be read again when a list of the workspace was changed. */
const KEYS: Partial<Record<string, string[]>> = {
  labels: ['labels', 'conversations', 'conversation'],
  saved_replies: ['saved-replies'],
  views: ['inbox-views'],
  members: ['team', 'members', 'invitations'],
  settings: ['workspace', 'inbox-settings', 'email-settings', 'plan'],
  channels: ['channels', 'connections', 'conversation-channel', 'agent-prompts', 'channel-agents'],
  knowledge: [
    'qa-pairs',
    'documents',
    'websites',
    'transcripts',
    'gaps',
    'overview',
    'versions',
    'evaluation',
    'upkeep',
    'knowledge-bases',
    'embedder',
    'knowledge-index',
  ],
  keys: ['api-keys', 'llm-credentials'],
  webhooks: ['webhook-endpoints', 'webhook-deliveries'],
  emails: ['emails'],
  sales: ['sales'],
  products: ['sales'],
  orders: ['sales'],
  activities: ['sales'],
  automation: ['automation-rules', 'automation-firings', 'keyword-actions', 'content-collections'],
  leads: ['leads'],
  meetings: ['meetings'],
  topics: ['analytics'],
  models: ['model-versions', 'training-sets', 'retrieval-model'],
};

/** Reads again what a colleague has changed: first the session, because a new role may no longer see the lists. */
export async function refreshWorkspace(client: QueryClient, what: string): Promise<void> {
  const lists = [...(KEYS[what] ?? []), 'audit-log'];
  if (what === 'members' || what === 'settings') await refreshSession().catch(() => undefined);
  // Steps of one long work come faster than a list is read: breaking off each time, it would never be there.
  for (const list of lists) refetchAfterFetch(client, [list]);
  void client.invalidateQueries(
    { predicate: ({ queryKey }) => lists.includes(String(queryKey[0])) },
    { cancelRefetch: false },
  );
}
