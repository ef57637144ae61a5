import { describe, expect, it } from 'vitest';
import type { ConversationSummary } from '../api';
import { place, type InboxFilter } from './conversations';
import { allItems, type Pages } from './patch';

const conversation = (
  id: string,
  minute: number,
  changes: Partial<ConversationSummary> = {},
): ConversationSummary => ({
  id,
  status: 'open',
  ai_paused: false,
  needs_person: false,
  is_blocked: false,
  is_breached: false,
  labels: [],
  contact: { id },
  channel: { id: 'channel', name: 'Web site', kind: 'widget' },
  last_message_at: new Date(Date.UTC(2026, 10, 20, 12, minute)).toISOString(),
  last_seq: 1,
  unread_count: 0,
  created_at: '2026-11-20T10:00:00Z',
  updated_at: '2026-11-20T10:00:00Z',
  ...changes,
});

const pages = (
  next_cursor: string | null,
  ...items: ConversationSummary[][]
): Pages<ConversationSummary> => ({
  pages: items.map((page) => ({ items: page, next_cursor })),
  pageParams: items.map(() => null),
});

const ids = (data: Pages<ConversationSummary>) => allItems(data).map(({ id }) => id);
const view = (filter: InboxFilter, search = '') => ({ filter, search });

describe('place', () => {
  const list = pages(null, [conversation('c', 30), conversation('b', 20)], [conversation('a', 10)]);

  it('puts a new conversation where its time belongs', () => {
    expect(ids(place(list, conversation('new', 40), view('all')))).toEqual(['new', 'c', 'b', 'a']);
    expect(ids(place(list, conversation('new', 15), view('all')))).toEqual(['c', 'b', 'new', 'a']);
    expect(ids(place(list, conversation('new', 5), view('all')))).toEqual(['c', 'b', 'a', 'new']);
  });

  it('moves a conversation up when something is written in it, and never shows it twice', () => {
    expect(ids(place(list, conversation('a', 50), view('all')))).toEqual(['a', 'c', 'b']);
  });

  it('takes a conversation out of the list that no longer shows it', () => {
    const resolved = conversation('b', 20, { status: 'resolved' });
    expect(ids(place(list, resolved, view('open')))).toEqual(['c', 'a']);
    expect(ids(place(list, resolved, view('all')))).toEqual(['c', 'b', 'a']);
  });

  it('leaves out what belongs to a page that is not loaded yet', () => {
    const more = pages('cursor', [conversation('c', 30)]);
    expect(ids(place(more, conversation('old', 1), view('all')))).toEqual(['c']);
  });

  it('keeps search results as the server found them, with new content', () => {
    const found = place(list, conversation('a', 50, { unread_count: 3 }), view('all', 'desk'));
    expect(ids(found)).toEqual(['c', 'b', 'a']);
    expect(allItems(found).at(-1)?.unread_count).toBe(3);
    expect(ids(place(list, conversation('new', 50), view('all', 'desk')))).toEqual(['c', 'b', 'a']);
  });
});
