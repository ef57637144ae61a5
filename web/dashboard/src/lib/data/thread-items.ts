/** Messages, notes and events as one story in the order of time, with a line where a new day begins. Pure. */
import type { ConversationEvent, Message, Note } from '../api';
import type { Pending } from './outbox.svelte';

export type ThreadItem =
  | { kind: 'day'; key: string; at: string }
  | { kind: 'message'; key: string; at: string; message: Message; isFollowing: boolean }
  | { kind: 'note'; key: string; at: string; note: Note }
  | { kind: 'event'; key: string; at: string; event: ConversationEvent }
  | { kind: 'pending'; key: string; at: string; pending: Pending };

export interface Story {
  messages: readonly Message[];
  notes: readonly Note[];
  events: readonly ConversationEvent[];
  pending: readonly Pending[];
  /** Whether earlier messages are not loaded yet; what is older than the first one waits with them. */
  isCut: boolean;
}

/** Messages of one sender within this time read as one. */
const FOLLOWS_WITHIN_MS = 5 * 60_000;

export function threadItems({ messages, notes, events, pending, isCut }: Story): ThreadItem[] {
  const start = isCut ? (messages[0]?.created_at ?? '') : '';
  const isShown = ({ created_at }: { created_at: string }) =>
    Date.parse(created_at) >= Date.parse(start || '1970-01-01');
  const items: ThreadItem[] = [
    ...messages.map((message): ThreadItem => {
      const key = message.client_message_id ?? message.id;
      return { kind: 'message', key, at: message.created_at, message, isFollowing: false };
    }),
    ...notes.filter(isShown).map((note): ThreadItem => {
      return { kind: 'note', key: note.id, at: note.created_at, note };
    }),
    ...events.filter(isShown).map((event): ThreadItem => {
      return { kind: 'event', key: event.id, at: event.created_at, event };
    }),
  ];
  items.sort(byTime);
  const waiting = pending.map((one): ThreadItem => {
    return { kind: 'pending', key: one.clientId, at: one.createdAt, pending: one };
  });
  return withDays([...items, ...waiting]);
}

/** Messages keep the order that the server gave them, whatever their clocks say. */
function byTime(a: ThreadItem, b: ThreadItem): number {
  if (a.kind === 'message' && b.kind === 'message') return a.message.seq - b.message.seq;
  return Date.parse(a.at) - Date.parse(b.at);
}

function withDays(items: ThreadItem[]): ThreadItem[] {
  const all: ThreadItem[] = [];
  let day = '';
  let before: ThreadItem | null = null;
  for (const item of items) {
    const itsDay = new Date(item.at).toDateString();
    if (itsDay !== day) all.push({ kind: 'day', key: `day ${itsDay}`, at: item.at });
    const isFollowing = itsDay === day && follows(before, item);
    all.push(item.kind === 'message' ? { ...item, isFollowing } : item);
    day = itsDay;
    before = item;
  }
  return all;
}

function follows(before: ThreadItem | null, item: ThreadItem): boolean {
  if (before?.kind !== 'message' || item.kind !== 'message') return false;
  const [a, b] = [before.message, item.message];
  const isSame = a.sender_type === b.sender_type && a.sender_name === b.sender_name;
  return isSame && Date.parse(b.created_at) - Date.parse(a.created_at) < FOLLOWS_WITHIN_MS;
}
