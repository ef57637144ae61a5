import { describe, expect, it } from 'vitest';
import { mentionPieces, mentionsIn } from '../../pages/inbox/composer/mentions';
import { suggestionAt } from '../../pages/inbox/composer/suggestion-at';
import { fillVariables } from '../../pages/inbox/composer/variables';
import { snoozeTimes } from '../../pages/inbox/tools/snooze-times';
import type { ConversationEvent, Message, Note } from '../api';
import { markedPieces } from './search';
import { threadItems, type Story } from './thread-items';

const at = (hour: number, minute = 0) => new Date(2026, 10, 20, hour, minute).toISOString();
const message = (seq: number, created_at: string, sender_type: Message['sender_type'] = 'user') =>
  ({ id: `m${String(seq)}`, seq, created_at, sender_type, text: '' }) as Message;
const note = (created_at: string) => ({ id: 'n', created_at }) as Note;
const event = (created_at: string) => ({ id: 'e', created_at }) as ConversationEvent;
const story = (changes: Partial<Story>): Story => ({
  messages: [],
  notes: [],
  events: [],
  pending: [],
  isCut: false,
  ...changes,
});
const keys = (changes: Partial<Story>) =>
  threadItems(story(changes))
    .filter(({ kind }) => kind !== 'day')
    .map(({ key }) => key);

describe('the story of a conversation', () => {
  it('has messages, notes and events in the order of time', () => {
    const messages = [message(1, at(9)), message(2, at(11))];
    expect(keys({ messages, notes: [note(at(10))], events: [event(at(12))] })).toEqual([
      'm1',
      'n',
      'm2',
      'e',
    ]);
  });

  it('keeps what is older than the first loaded message for later', () => {
    const messages = [message(5, at(10))];
    expect(keys({ messages, notes: [note(at(9))], isCut: true })).toEqual(['m5']);
    expect(keys({ messages, notes: [note(at(9))], isCut: false })).toEqual(['n', 'm5']);
  });

  it('begins each day with a line, and reads messages of one sender as one', () => {
    const items = threadItems(
      story({
        messages: [
          message(1, new Date(2026, 10, 19, 23).toISOString()),
          message(2, at(9)),
          message(3, at(9, 2)),
          message(4, at(9, 3), 'agent'),
          message(5, at(9, 30), 'agent'),
        ],
      }),
    );
    expect(items.map(({ kind }) => kind).filter((kind) => kind === 'day')).toHaveLength(2);
    const following = items.flatMap((item) => (item.kind === 'message' ? [item.isFollowing] : []));
    expect(following).toEqual([false, false, true, false, false]);
  });
});

describe('the composer', () => {
  it('asks for saved replies after a slash, and for colleagues only in notes', () => {
    expect(suggestionAt('Hello /shi', 'reply')).toEqual({
      kind: 'saved-reply',
      search: 'shi',
      start: 6,
    });
    expect(suggestionAt('/', 'reply')?.search).toBe('');
    expect(suggestionAt('and/or', 'reply')).toBeNull();
    expect(suggestionAt('https://x', 'reply')).toBeNull();
    expect(suggestionAt('@Lé', 'reply')).toBeNull();
    expect(suggestionAt('ask @Lé', 'note')).toEqual({ kind: 'mention', search: 'Lé', start: 4 });
    expect(suggestionAt('me@home', 'note')).toBeNull();
  });

  it('fills the variables of a saved reply without leaving holes', () => {
    const known = { contact: 'Camille Laurent', agent: 'Sarah', business: 'Noyer & Co' };
    expect(fillVariables('Hello {{contact.first_name}}, {{ agent.name }} here.', known)).toBe(
      'Hello Camille, Sarah here.',
    );
    expect(fillVariables('Hello {{contact.name}},', { ...known, contact: '' })).toBe('Hello,');
    expect(fillVariables('{{unknown}} stays', known)).toBe('{{unknown}} stays');
    expect(fillVariables('{{contact.name}}', { ...known, contact: '{{agent.name}}' })).toBe(
      '{{agent.name}}',
    );
  });

  it('knows whom a note calls, also where one name begins like another', () => {
    const people = [
      { user_id: '1', name: 'Ann' },
      { user_id: '2', name: 'Ann Lee' },
    ];
    expect(mentionsIn('@Ann Lee please', people.slice(1))).toEqual(['2']);
    expect(mentionPieces('Hi @Ann Lee, me@x', people)).toEqual([
      { text: 'Hi ', isMention: false },
      { text: '@Ann Lee', isMention: true },
      { text: ', me@x', isMention: false },
    ]);
  });
});

describe('search', () => {
  it('marks what the server found', () => {
    const pieces = markedPieces('The «walnut» desk, «walnut»-brown «');
    expect(pieces.filter(({ isMatch }) => isMatch).map(({ text }) => text)).toEqual([
      'walnut',
      'walnut',
    ]);
    expect(pieces.map(({ text }) => text).join('')).toBe('The walnut desk, walnut-brown «');
  });
});

describe('snooze', () => {
  it('offers times to come, whatever the hour', () => {
    for (const hour of [0, 8, 14, 16, 17, 20, 23]) {
      const now = new Date(2026, 10, 20, hour, 30);
      const { later, tomorrow, nextWeek } = snoozeTimes(now);
      expect(later.getTime()).toBeGreaterThan(now.getTime());
      expect(tomorrow.getDate()).toBe(21);
      expect(nextWeek.getDay()).toBe(1);
      expect(nextWeek.getTime()).toBeGreaterThan(now.getTime());
    }
  });
});
