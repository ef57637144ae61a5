/** Why somebody should be called: what an event means for them, beside what was known before it. */
import type { QueryClient } from '@tanstack/svelte-query';
import type { ConversationSummary, Message } from '../api';
import { knownConversation } from '../data/conversations';
import { timelineQuery } from '../data/timeline';
import { profile } from '../preferences.svelte';
import { workspace } from '../session.svelte';

export type Reason = 'needs_person' | 'assigned' | 'message';

/** Two times of the server that are so near belong to one change. */
const SAME_CHANGE_MS = 5_000;
/** When each began to wait for whom somebody was called: several events tell of the same. */
const calledFor = new Map<string, string>();

/** Null when it does not concern them. To be asked before the event is applied. */
export async function reasonToCall(
  client: QueryClient,
  conversation: ConversationSummary,
  message: Message | null,
): Promise<Reason | null> {
  const { user } = workspace();
  const before = knownConversation(client, conversation.id);
  const isMine = conversation.assigned_to === user.id;
  if (hasBegunToWait(conversation, before)) {
    return isMine || !profile()?.notifications.only_mine ? 'needs_person' : null;
  }
  if (!isMine) return null;
  if (message) return message.sender_type === 'user' ? 'message' : null;
  if (before) return before.assigned_to === user.id ? null : 'assigned';
  return (await wasJustAssigned(client, conversation, user.name)) ? 'assigned' : null;
}

/** Of a conversation that no list shows, the times tell whether a person is needed since this moment. */
function hasBegunToWait(now: ConversationSummary, before: ConversationSummary | null): boolean {
  const since = now.waiting_since;
  if (!now.needs_person || !since || calledFor.get(now.id) === since) return false;
  if (before ? before.needs_person : !isOneChange(since, now.updated_at)) return false;
  calledFor.set(now.id, since);
  return true;
}

/** Whether a conversation that no list shows came to its assignee with this event, by somebody else. */
async function wasJustAssigned(
  client: QueryClient,
  { id, updated_at }: ConversationSummary,
  myName: string,
): Promise<boolean> {
  const timeline = await client
    .fetchQuery({ ...timelineQuery(id), staleTime: 0 })
    .catch(() => null);
  const last = timeline?.events.findLast(({ kind }) => kind === 'assigned');
  return (
    last !== undefined && last.actor_name !== myName && isOneChange(last.created_at, updated_at)
  );
}

function isOneChange(one: string, other: string): boolean {
  return Math.abs(Date.parse(one) - Date.parse(other)) < SAME_CHANGE_MS;
}
