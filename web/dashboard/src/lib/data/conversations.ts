/** Conversations: how they are fetched, and how live events change what is cached. What people do is `changes.ts`. */
import { infiniteQueryOptions, queryOptions, type QueryClient } from '@tanstack/svelte-query';
import { api, ask, type ConversationSummary } from '../api';
import { session } from '../session.svelte';
import { belongs, compare, type InboxFilter, type InboxSort } from './inbox-filter';
import { refreshCounts } from './inbox-lists';
import { allItems, changeItem, changeItems, refetchAfterFetch, type Pages } from './patch';

const LIST = 'conversations';
const PAGE_SIZE = 200;

export function conversationsQuery(filter: InboxFilter) {
  return infiniteQueryOptions({
    queryKey: [LIST, filter] as const,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => {
      const query = {
        ...wordsOf(filter),
        limit: PAGE_SIZE,
        ...(pageParam && { cursor: pageParam }),
      };
      return ask(api.GET('/api/v1/conversations', { params: { query }, signal }));
    },
    getNextPageParam: (page) => page.next_cursor ?? null,
    // Comparing ten thousand rows field by field at each event would cost more than drawing those in sight.
    structuralSharing: false,
  });
}

/** The filter in the API's words. */
function wordsOf(filter: InboxFilter) {
  return {
    view: filter.view,
    sort: filter.sort,
    ...(filter.assignedTo && { assigned_to: filter.assignedTo }),
    ...(filter.labels.length > 0 && { label: [...filter.labels] }),
    ...(filter.channel && { channel: filter.channel }),
    ...(filter.language && { language: filter.language }),
    ...(filter.isUnread && { unread: true }),
    ...(filter.isBreached && { breached: true }),
    ...(filter.rating && { rating: filter.rating }),
  };
}

export function conversationQuery(id: string) {
  return queryOptions({
    queryKey: ['conversation', id],
    queryFn: ({ signal }) =>
      ask(api.GET('/api/v1/conversations/{id}', { params: { path: { id } }, signal })),
  });
}

/** What is known of a conversation without asking. */
export function knownConversation(client: QueryClient, id: string): ConversationSummary | null {
  const details = client.getQueryData(conversationQuery(id).queryKey);
  if (details) return details;
  for (const [, data] of client.getQueriesData<Pages<ConversationSummary>>({ queryKey: [LIST] })) {
    const found = allItems(data).find((item) => item.id === id);
    if (found) return found;
  }
  return null;
}

/** Shows the newest state of a conversation in every list where it belongs, and nowhere else. */
export function putConversation(client: QueryClient, conversation: ConversationSummary): void {
  const me = session()?.user.id ?? '';
  for (const query of client.getQueryCache().findAll({ queryKey: [LIST] })) {
    const filter = query.queryKey[1] as InboxFilter;
    client.setQueryData<Pages<ConversationSummary>>(
      query.queryKey,
      (data) => data && place(data, conversation, filter, me),
    );
  }
  client.setQueryData(
    conversationQuery(conversation.id).queryKey,
    (details) => details && { ...details, ...conversation },
  );
  refetchAfterFetch(client, [LIST]);
  refreshEscalation(client, conversation);
  refreshCounts(client);
}

/** Takes conversations that no longer exist out of every list. */
export function dropConversations(client: QueryClient, ids: readonly string[]): void {
  client.setQueriesData<Pages<ConversationSummary>>(
    { queryKey: [LIST] },
    (data) => data && changeItems(data, (item) => (ids.includes(item.id) ? null : item)),
  );
  for (const id of ids) client.removeQueries(conversationQuery(id));
  refreshCounts(client);
}

/** Pure: the list with the conversation in its place, or without it when the view does not show it. */
export function place(
  data: Pages<ConversationSummary>,
  conversation: ConversationSummary,
  filter: InboxFilter,
  me: string,
): Pages<ConversationSummary> {
  const isThere = belongs(conversation, filter, me);
  const old = allItems(data).find(({ id }) => id === conversation.id);
  // Most events move nothing, and then only one page is another.
  if (old && (isThere === null || (isThere && compare(old, conversation, filter.sort) === 0))) {
    return changeItem(data, old, conversation);
  }
  if (isThere === null) return data;
  const rest = changeItems(data, (item) => (item.id === conversation.id ? null : item));
  return isThere ? insert(rest, conversation, filter.sort) : rest;
}

function insert(
  data: Pages<ConversationSummary>,
  conversation: ConversationSummary,
  sort: InboxSort,
): Pages<ConversationSummary> {
  const pages = [...data.pages];
  for (const [number, page] of pages.entries()) {
    const index = page.items.findIndex((item) => compare(conversation, item, sort) <= 0);
    if (index < 0) continue;
    pages[number] = { ...page, items: page.items.toSpliced(index, 0, conversation) };
    return { ...data, pages };
  }
  const last = pages.at(-1);
  // After all that is loaded: it comes with a later page, unless there is none.
  if (last && !last.next_cursor) {
    pages[pages.length - 1] = { ...last, items: [...last.items, conversation] };
  }
  return { ...data, pages };
}

/** A summary does not carry the escalation; when one may have begun or ended, the detail is fetched. */
function refreshEscalation(client: QueryClient, { id, status }: ConversationSummary): void {
  const { queryKey } = conversationQuery(id);
  const detail = client.getQueryData(queryKey);
  const isEscalated = status === 'escalated';
  if (detail && isEscalated !== (detail.escalation != null))
    void client.invalidateQueries({ queryKey });
}

/** Somebody who may answer has seen the messages. */
export async function markRead(
  client: QueryClient,
  conversation: ConversationSummary,
): Promise<void> {
  putConversation(client, { ...conversation, unread_count: 0 });
  await sendRead(conversation.id);
}

/** Tells the server what was seen. A failure is not worth a word: the mark comes back. */
export async function sendRead(id: string): Promise<void> {
  const path = { id };
  await ask(api.POST('/api/v1/conversations/{id}/read', { params: { path } })).catch(
    () => undefined,
  );
}

/** Puts the mark back, so that somebody looks again. */
export async function markUnread(
  client: QueryClient,
  conversation: ConversationSummary,
): Promise<void> {
  putConversation(client, {
    ...conversation,
    unread_count: Math.max(1, conversation.unread_count),
  });
  const path = { id: conversation.id };
  await ask(api.POST('/api/v1/conversations/{id}/unread', { params: { path } }));
}

/** Shows the visitor that a person is typing. A failure is not worth a word. */
export function showTyping(id: string): void {
  const path = { id };
  void ask(api.POST('/api/v1/conversations/{id}/typing', { params: { path } })).catch(
    () => undefined,
  );
}
