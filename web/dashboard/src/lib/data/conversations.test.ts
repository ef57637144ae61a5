import { describe, expect, it } from 'vitest';
import type { ConversationSummary } from '../api';
import { place } from './conversations';
import { hold } from './hold';
import {
  activityTime,
  plainFilter,
  readFilter,
  writeFilter,
  type InboxFilter,
} from './inbox-filter';
import { allItems, type Pages } from './patch';

const ME = 'me';
const label = (id: string) => ({ id, name: id, color: 'red' as const });
const conversation = (
  id: string,
  minute: number,
  changes: Partial<ConversationSummary> = {},
): ConversationSummary => ({
  id,
  status: 'open',
  ai_paused: false,
  needs_person: false,
  contact: { id },
  channel: { id: 'channel', name: 'Web site', kind: 'widget' },
  labels: [],
  is_blocked: false,
  is_breached: false,
  last_message_at: new Date(Date.UTC(2026, 10, 20, 12, minute)).toISOString(),
  last_seq: 1,
  unread_count: 0,
  created_at: '2026-11-20T10:00:00Z',
  updated_at: '2026-11-20T10:00:00Z',
  ...changes,
});

const pages = (
  next_cursor: string | null,
  items: ConversationSummary[],
): Pages<ConversationSummary> => ({ pages: [{ items, next_cursor }], pageParams: [null] });
const ids = (data: Pages<ConversationSummary>) => allItems(data).map(({ id }) => id);
const put = (
  data: Pages<ConversationSummary>,
  changed: ConversationSummary,
  filter: InboxFilter = plainFilter('all'),
) => ids(place(data, changed, filter, ME));

describe('a list that events change', () => {
  const list = pages(null, [conversation('c', 30), conversation('b', 20), conversation('a', 10)]);

  it('puts a new conversation where its time belongs', () => {
    expect(put(list, conversation('new', 40))).toEqual(['new', 'c', 'b', 'a']);
    expect(put(list, conversation('new', 15))).toEqual(['c', 'b', 'new', 'a']);
    expect(put(list, conversation('new', 5))).toEqual(['c', 'b', 'a', 'new']);
  });

  it('moves a conversation up when something is written in it, and never shows it twice', () => {
    expect(put(list, conversation('a', 50))).toEqual(['a', 'c', 'b']);
  });

  it('keeps conversations in the views where they belong', () => {
    const resolved = conversation('b', 20, { status: 'resolved', assigned_to: ME });
    expect(put(list, resolved)).toEqual(['c', 'b', 'a']);
    expect(put(list, resolved, plainFilter('resolved'))).toEqual(['c', 'b', 'a']);
    expect(put(list, resolved, plainFilter('mine'))).toEqual(['c', 'a']);
    expect(put(list, resolved, plainFilter('unassigned'))).toEqual(['c', 'a']);
    expect(put(list, conversation('b', 20), plainFilter('unassigned'))).toEqual(['c', 'a']);
    const snoozed = conversation('b', 20, {
      ai_paused: true,
      snoozed_until: '2999-01-01T09:00:00Z',
    });
    expect(put(list, snoozed, plainFilter('unassigned'))).toEqual(['c', 'a']);
    expect(put(list, snoozed, plainFilter('snoozed'))).toEqual(['c', 'b', 'a']);
    const awake = { ...snoozed, snoozed_until: '2020-01-01T09:00:00Z' };
    expect(put(list, awake, plainFilter('unassigned'))).toEqual(['c', 'b', 'a']);
  });

  it('knows what narrows a view', () => {
    const both = conversation('b', 20, { labels: [label('x'), label('y')], unread_count: 1 });
    expect(put(list, both, readFilter('label=x&label=y'))).toEqual(['c', 'b', 'a']);
    expect(put(list, both, readFilter('label=x&label=z'))).toEqual(['c', 'a']);
    expect(put(list, both, readFilter('unread=true&assigned_to=none'))).toEqual(['c', 'b', 'a']);
    expect(put(list, both, readFilter('breached=true'))).toEqual(['c', 'a']);
    expect(put(list, both, readFilter('channel=other'))).toEqual(['c', 'a']);
  });

  it('leaves a conversation that is older than all that is loaded to a later page', () => {
    const more = pages('cursor', [conversation('c', 30)]);
    expect(put(more, conversation('old', 1))).toEqual(['c']);
  });

  it('keeps mentions as the server found them, with new content', () => {
    const changed = conversation('a', 50, { unread_count: 3 });
    const found = place(list, changed, plainFilter('mentions'), ME);
    expect(ids(found)).toEqual(['c', 'b', 'a']);
    expect(allItems(found).at(-1)?.unread_count).toBe(3);
    expect(put(list, conversation('new', 50), plainFilter('mentions'))).toEqual(['c', 'b', 'a']);
  });

  it('sorts by who has waited longest, those who do not wait last', () => {
    const waiting = (id: string, minute: number, since: number) =>
      conversation(id, minute, { waiting_since: new Date(since * 60_000).toISOString() });
    const queue = pages(null, [waiting('a', 1, 10), waiting('b', 2, 20), conversation('c', 3)]);
    expect(put(queue, waiting('new', 9, 15), readFilter('sort=waiting'))).toEqual([
      'a',
      'new',
      'b',
      'c',
    ]);
  });
});

describe('a list that is held still', () => {
  const before = [conversation('c', 30), conversation('b', 20), conversation('a', 10)];
  const applied = new Map(before.map((item) => [item.id, activityTime(item)]));
  const held = (latest: ConversationSummary[], isOwn = (): boolean => false) =>
    hold(before, latest, activityTime, applied, isOwn);

  it('keeps its order, shows what is new in its rows, and counts what waits', () => {
    const moved = conversation('a', 50, { unread_count: 2 });
    const { shown, waiting } = held([conversation('new', 60), moved, ...before.slice(0, 2)]);
    expect(shown.map(({ id }) => id)).toEqual(['c', 'b', 'a']);
    expect(shown[2]?.unread_count).toBe(2);
    expect(waiting).toBe(2);
  });

  it('does not call what was done here news', () => {
    const answered = [conversation('a', 50), ...before.slice(0, 2)];
    const { shown, waiting } = held(answered, () => true);
    expect(shown.map(({ id }) => id)).toEqual(['c', 'b', 'a']);
    expect(waiting).toBe(0);
    const newest = [conversation('c', 50), ...before.slice(1)];
    expect(held(newest).waiting).toBe(1);
    expect(held(newest, () => true).waiting).toBe(0);
  });

  it('keeps rows that others have taken away, and lets those go that were sent away here', () => {
    const latest = before.filter(({ id }) => id !== 'b');
    expect(held(latest).shown).toHaveLength(3);
    expect(held(latest).waiting).toBe(1);
    expect(held(latest, () => true).shown.map(({ id }) => id)).toEqual(['c', 'a']);
    expect(held(latest, () => true).waiting).toBe(0);
  });

  it('grows at its end', () => {
    const { shown, waiting } = held([...before, conversation('older', 1)]);
    expect(shown.map(({ id }) => id)).toEqual(['c', 'b', 'a', 'older']);
    expect(waiting).toBe(0);
  });
});

describe('a filter in the address', () => {
  it('comes back as it was written', () => {
    const text = 'view=mine&assigned_to=none&label=a&label=b&unread=true&rating=2&sort=waiting';
    expect(writeFilter(readFilter(`?${text}&q=desk&message=4`))).toBe(text);
  });

  it('is short for the standard view, and survives nonsense', () => {
    expect(writeFilter(readFilter(''))).toBe('');
    expect(writeFilter(readFilter('?view=wrong&rating=99&sort=up&unread=maybe'))).toBe('');
  });
});
