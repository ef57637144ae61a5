/** The messages of one conversation: the newest stretch of them, grown upward on demand and downward live. */
import { queryOptions, type QueryClient } from '@tanstack/svelte-query';
import { api, ask, type Message } from '../api';
import { refetchAfterFetch } from './patch';

/** Messages with `seq` greater than `after`, without holes. */
export interface MessageLog {
  after: number;
  items: Message[];
}

const STRETCH = 100;
/** What the server gives in one answer. */
const MOST_AT_ONCE = 200;

export function messagesQuery(id: string) {
  return queryOptions({
    queryKey: ['messages', id],
    queryFn: async ({ client, signal }): Promise<MessageLog> => {
      const known = client.getQueryData<MessageLog>(['messages', id]);
      if (known) {
        return { after: known.after, items: await fetchStretch(id, known.after, Infinity, signal) };
      }
      const items = await fetchPage(id, { limit: STRETCH }, signal);
      return { after: (items[0]?.seq ?? 1) - 1, items };
    },
  });
}

/** Fetches the stretch before the first one loaded. */
export async function loadEarlier(
  client: QueryClient,
  id: string,
  stretch = STRETCH,
): Promise<void> {
  const { queryKey } = messagesQuery(id);
  const log = client.getQueryData(queryKey);
  if (!log || log.after === 0) return;
  const after = Math.max(0, log.after - stretch);
  const earlier = await fetchStretch(id, after, log.after);
  client.setQueryData(queryKey, (now) => now && { after, items: merge(earlier, now.items) });
}

/** Loads back to what has this number or id, so that it can be shown. Ids are in the order of time. */
export async function loadBackTo(client: QueryClient, id: string, wanted: string): Promise<void> {
  const log = client.getQueryData(messagesQuery(id).queryKey);
  if (!log || log.after === 0) return;
  const seq = Number(wanted);
  if (seq ? log.after < seq : (log.items[0]?.id ?? '') <= wanted) return;
  await loadEarlier(client, id, MOST_AT_ONCE);
  await loadBackTo(client, id, wanted);
}

/** Shows a message that came live, was just sent or has changed. What is older than the log waits until it is loaded. */
export function putMessage(client: QueryClient, message: Message): void {
  const { queryKey } = messagesQuery(message.conversation_id);
  const log = client.getQueryData(queryKey);
  if (log && message.seq > log.after) {
    const lastSeq = log.items.at(-1)?.seq ?? log.after;
    if (message.seq > lastSeq + 1) void client.invalidateQueries({ queryKey });
    client.setQueryData(queryKey, { ...log, items: merge(log.items, [message]) });
  }
  refetchAfterFetch(client, queryKey);
}

/** Pure: both lists in order, each message once, as the second list has it. */
export function merge(older: Message[], newer: Message[]): Message[] {
  const bySeq = new Map([...older, ...newer].map((message) => [message.seq, message]));
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}

/** All messages from `after` (without) to `last` (with), or to the newest. */
async function fetchStretch(
  id: string,
  after: number,
  last: number,
  signal?: AbortSignal,
): Promise<Message[]> {
  const messages: Message[] = [];
  for (let reached = after; reached < last;) {
    const limit = Math.min(MOST_AT_ONCE, last - reached);
    const page = await fetchPage(id, { after: reached, limit }, signal);
    messages.push(...page);
    reached = page.length < limit ? Infinity : (page.at(-1)?.seq ?? Infinity);
  }
  return messages;
}

async function fetchPage(
  id: string,
  query: { after?: number; limit: number },
  signal?: AbortSignal,
): Promise<Message[]> {
  const params = { path: { id }, query };
  const init = signal ? { params, signal } : { params };
  return (await ask(api.GET('/api/v1/conversations/{id}/messages', init))).items;
}
