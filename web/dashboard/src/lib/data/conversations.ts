/** Conversations: how they are fetched, and how actions and live events change what is cached. */
import { infiniteQueryOptions, queryOptions, type QueryClient } from '@tanstack/svelte-query';
import { api, ask, type ConversationDetails, type ConversationSummary } from '../api';
import { changeItems, refetchAfterFetch, type Pages } from './patch';

export const inboxFilters = ['needs-person', 'open', 'resolved', 'all'] as const;
export type InboxFilter = (typeof inboxFilters)[number];

export interface InboxView {
  filter: InboxFilter;
  search: string;
}

export type ConversationPatch = Partial<
  Pick<ConversationDetails, 'status' | 'ai_paused' | 'assigned_to'>
>;

const LIST = 'conversations';
const PAGE_SIZE = 50;
const statusOf = {
  'needs-person': 'needs_person',
  open: 'open',
  resolved: 'resolved',
  all: 'all',
} as const;

export function conversationsQuery(view: InboxView) {
  return infiniteQueryOptions({
    queryKey: [LIST, view] as const,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => {
      const query = {
        status: statusOf[view.filter],
        limit: PAGE_SIZE,
        ...(view.search && { q: view.search }),
        ...(pageParam && { cursor: pageParam }),
      };
      return ask(api.GET('/api/v1/conversations', { params: { query }, signal }));
    },
    getNextPageParam: (page) => page.next_cursor ?? null,
  });
}

export function conversationQuery(id: string) {
  return queryOptions({
    queryKey: ['conversation', id],
    queryFn: ({ signal }) =>
      ask(api.GET('/api/v1/conversations/{id}', { params: { path: { id } }, signal })),
  });
}

/** Shows the newest state of a conversation in every list where it belongs, and nowhere else. */
export function putConversation(client: QueryClient, conversation: ConversationSummary): void {
  for (const query of client.getQueryCache().findAll({ queryKey: [LIST] })) {
    const view = query.queryKey[1] as InboxView;
    client.setQueryData<Pages<ConversationSummary>>(
      query.queryKey,
      (data) => data && place(data, conversation, view),
    );
  }
  client.setQueryData(
    conversationQuery(conversation.id).queryKey,
    (detail) => detail && { ...detail, ...conversation },
  );
  refetchAfterFetch(client, [LIST]);
  refreshEscalation(client, conversation);
}

/** Pure: the list with the conversation in its place by time, or without it when the view does not show it. */
export function place(
  data: Pages<ConversationSummary>,
  conversation: ConversationSummary,
  { filter, search }: InboxView,
): Pages<ConversationSummary> {
  // Only the server can tell whether a search finds it; what is there already is kept up to date.
  if (search)
    return changeItems(data, (item) => (item.id === conversation.id ? conversation : item));
  const rest = changeItems(data, (item) => (item.id === conversation.id ? null : item));
  return belongs(conversation, filter) ? insert(rest, conversation) : rest;
}

function belongs({ status, needs_person }: ConversationSummary, filter: InboxFilter): boolean {
  if (filter === 'needs-person') return needs_person;
  return filter === 'all' || status === filter;
}

function insert(
  data: Pages<ConversationSummary>,
  conversation: ConversationSummary,
): Pages<ConversationSummary> {
  const time = activityTime(conversation);
  const pages = data.pages.map((page) => ({ ...page, items: [...page.items] }));
  for (const { items } of pages) {
    const index = items.findIndex((item) => activityTime(item) <= time);
    if (index < 0) continue;
    items.splice(index, 0, conversation);
    return { ...data, pages };
  }
  const last = pages.at(-1);
  // Older than all that is loaded: it comes with a later page, unless there is none.
  if (last && !last.next_cursor) last.items.push(conversation);
  return { ...data, pages };
}

function activityTime({ last_message_at, created_at }: ConversationSummary): number {
  return Date.parse(last_message_at ?? created_at);
}

/** A summary does not carry the escalation; when one may have begun or ended, the detail is fetched. */
function refreshEscalation(client: QueryClient, { id, status }: ConversationSummary): void {
  const { queryKey } = conversationQuery(id);
  const detail = client.getQueryData(queryKey);
  const isEscalated = status === 'escalated';
  if (detail && isEscalated !== (detail.escalation != null))
    void client.invalidateQueries({ queryKey });
}

/** Changes a conversation, on screen first. Undone on screen when the server refuses; throws its `ApiError`. */
export async function changeConversation(
  client: QueryClient,
  before: ConversationDetails,
  patch: ConversationPatch,
): Promise<void> {
  const needs_person = patch.status ? patch.status === 'escalated' : before.needs_person;
  putConversation(client, { ...before, ...patch, needs_person });
  try {
    const path = { id: before.id };
    const after = await ask(
      api.PATCH('/api/v1/conversations/{id}', { params: { path }, body: patch }),
    );
    client.setQueryData(conversationQuery(after.id).queryKey, after);
    putConversation(client, after);
  } catch (error) {
    putConversation(client, before);
    throw error;
  }
}

/** Tells the server that somebody has seen the messages. A failure is not worth a word: the mark comes back. */
export async function markRead(
  client: QueryClient,
  conversation: ConversationSummary,
): Promise<void> {
  putConversation(client, { ...conversation, unread_count: 0 });
  const path = { id: conversation.id };
  await ask(api.POST('/api/v1/conversations/{id}/read', { params: { path } })).catch(
    () => undefined,
  );
}

/** Shows the visitor that a person is typing. A failure is not worth a word. */
export function showTyping(id: string): void {
  const path = { id };
  void ask(api.POST('/api/v1/conversations/{id}/typing', { params: { path } })).catch(
    () => undefined,
  );
}
