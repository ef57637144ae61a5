/** What the list of conversations shows, as its address says it; and which conversations belong there. Pure. */
import type { ConversationSummary } from '../api';

export const inboxViews = [
  'needs_person',
  'mine',
  'unassigned',
  'mentions',
  'all',
  'snoozed',
  'resolved',
] as const;
export const inboxSorts = ['newest', 'oldest', 'waiting'] as const;

export type InboxView = (typeof inboxViews)[number];
export type InboxSort = (typeof inboxSorts)[number];

export interface InboxFilter {
  readonly view: InboxView;
  readonly sort: InboxSort;
  /** A user id, `none`, or '' for anybody. */
  readonly assignedTo: string;
  /** Conversations must have all of them. */
  readonly labels: readonly string[];
  readonly channel: string;
  readonly language: string;
  readonly isUnread: boolean;
  readonly isBreached: boolean;
  /** 1 to 5, or 0 for any. */
  readonly rating: number;
}

export const STANDARD_VIEW: InboxView = 'all';

/** The filter that the query of an address stands for; what it does not know is left out. */
export function readFilter(search: string): InboxFilter {
  const query = new URLSearchParams(search);
  const rating = Number(query.get('rating'));
  return {
    view: inboxViews.find((view) => view === query.get('view')) ?? STANDARD_VIEW,
    sort: inboxSorts.find((sort) => sort === query.get('sort')) ?? 'newest',
    assignedTo: query.get('assigned_to') ?? '',
    labels: query.getAll('label').filter(Boolean).toSorted(),
    channel: query.get('channel') ?? '',
    language: query.get('language') ?? '',
    isUnread: query.get('unread') === 'true',
    isBreached: query.get('breached') === 'true',
    rating: rating >= 1 && rating <= 5 ? Math.round(rating) : 0,
  };
}

/** The other way round: what stands in the address, and in a saved view. '' for the standard one. */
export function writeFilter(filter: InboxFilter): string {
  const query = new URLSearchParams();
  if (filter.view !== STANDARD_VIEW) query.set('view', filter.view);
  if (filter.assignedTo) query.set('assigned_to', filter.assignedTo);
  for (const label of filter.labels) query.append('label', label);
  if (filter.channel) query.set('channel', filter.channel);
  if (filter.language) query.set('language', filter.language);
  if (filter.isUnread) query.set('unread', 'true');
  if (filter.isBreached) query.set('breached', 'true');
  if (filter.rating) query.set('rating', String(filter.rating));
  if (filter.sort !== 'newest') query.set('sort', filter.sort);
  return query.toString();
}

/** How many things narrow the view. */
export function countNarrowings(filter: InboxFilter): number {
  const { assignedTo, labels, channel, language, isUnread, isBreached, rating } = filter;
  const set = [assignedTo, channel, language, isUnread, isBreached, rating].filter(Boolean);
  return set.length + labels.length;
}

/** The view without what narrows it. */
export function plainFilter(view: InboxView): InboxFilter {
  return readFilter(`view=${view}`);
}

/** Whether the list shows it; null where only the server can tell. */
export function belongs(
  conversation: ConversationSummary,
  filter: InboxFilter,
  me: string,
  now = Date.now(),
): boolean | null {
  if (!isWanted(conversation, filter)) return false;
  const { status, needs_person, ai_paused, assigned_to, snoozed_until } = conversation;
  const isSnoozed = snoozed_until != null && Date.parse(snoozed_until) > now;
  const isWaiting = status !== 'resolved' && !isSnoozed;
  switch (filter.view) {
    case 'needs_person':
      return needs_person && isWaiting;
    case 'mine':
      return assigned_to === me && isWaiting;
    case 'unassigned':
      // What the AI takes care of needs nobody.
      return assigned_to == null && (needs_person || ai_paused) && isWaiting;
    case 'snoozed':
      return isSnoozed && status !== 'resolved';
    case 'resolved':
      return status === 'resolved';
    case 'mentions':
      return null;
    case 'all':
      return true;
  }
}

function isWanted(conversation: ConversationSummary, filter: InboxFilter): boolean {
  const has = (id: string) => conversation.labels.some((label) => label.id === id);
  return (
    (!filter.assignedTo || (conversation.assigned_to ?? 'none') === filter.assignedTo) &&
    filter.labels.every(has) &&
    (!filter.channel || conversation.channel.id === filter.channel) &&
    (!filter.language || conversation.language === filter.language) &&
    (!filter.isUnread || conversation.unread_count > 0) &&
    (!filter.isBreached || conversation.is_breached) &&
    (!filter.rating || conversation.rating === filter.rating)
  );
}

/** Sorts as the server does: below zero when `a` comes first. */
export function compare(a: ConversationSummary, b: ConversationSummary, sort: InboxSort): number {
  if (sort === 'newest') return activityTime(b) - activityTime(a);
  if (sort === 'oldest') return activityTime(a) - activityTime(b);
  return waitingSince(a) - waitingSince(b) || activityTime(a) - activityTime(b);
}

/** Read once: lists of ten thousand are put in order at every event. */
const activityTimes = new WeakMap<ConversationSummary, number>();

export function activityTime(conversation: ConversationSummary): number {
  let time = activityTimes.get(conversation);
  if (time === undefined) {
    time = Date.parse(conversation.last_message_at ?? conversation.created_at);
    activityTimes.set(conversation, time);
  }
  return time;
}

/** Who does not wait comes after all who do. */
function waitingSince({ waiting_since }: ConversationSummary): number {
  return waiting_since == null ? Number.MAX_SAFE_INTEGER : Date.parse(waiting_since);
}
