import { describe, expect, it } from 'vitest';
import type { ConversationChannel, MessageTemplate } from '$lib/data/messaging';
import { countOf, filledIn, lengthOf, windowOf } from './channel-rules';

const now = Date.parse('2026-11-20T10:00:00Z');
const channel = (window_closes_at: string | null, is_window_open = true) =>
  ({ is_window_open, window_closes_at }) as ConversationChannel;

describe('the reply window', () => {
  it('is open without an end, and where its end is far', () => {
    expect(windowOf(channel(null), now)).toEqual({ kind: 'open' });
    expect(windowOf(channel('2026-11-20T14:00:00Z'), now)).toEqual({ kind: 'open' });
  });

  it('says how much is left of its last hours', () => {
    expect(windowOf(channel('2026-11-20T13:59:00Z'), now)).toEqual({
      kind: 'closing',
      unit: 'hours',
      count: 3,
    });
    expect(windowOf(channel('2026-11-20T10:20:30Z'), now)).toEqual({
      kind: 'closing',
      unit: 'minutes',
      count: 20,
    });
    expect(windowOf(channel('2026-11-20T10:00:05Z'), now)).toMatchObject({ count: 1 });
  });

  it('is closed when the server says so, or when its end has come since', () => {
    expect(windowOf(channel(null, false), now)).toEqual({ kind: 'closed' });
    expect(windowOf(channel('2026-11-20T10:00:00Z'), now)).toEqual({ kind: 'closed' });
  });
});

describe('the length of a text', () => {
  it('is counted as the vendor counts', () => {
    const text = 'né 👋';
    expect(lengthOf(text, { most: 9, unit: 'characters' })).toBe(4);
    expect(lengthOf(text, { most: 9, unit: 'utf16' })).toBe(5);
    expect(lengthOf(text, { most: 9, unit: 'bytes' })).toBe(8);
  });

  it('is told when the message is nearly full, and in how many it will go', () => {
    const limit = { most: 10, unit: 'characters' } as const;
    expect(countOf('a'.repeat(7), limit)).toBeNull();
    expect(countOf('a'.repeat(8), limit)).toEqual({ used: 8, most: 10, pieces: 1 });
    expect(countOf('a'.repeat(21), limit)).toEqual({ used: 21, most: 10, pieces: 3 });
  });
});

it('fills a template in, each place as often as it stands there, and leaves empty ones in sight', () => {
  const template = { body: 'Hi {{1}}, {{2}} is ready. Bye {{1}}.' } as MessageTemplate;
  expect(filledIn(template, ['Ana', ' '])).toBe('Hi Ana, {{2}} is ready. Bye Ana.');
  expect(filledIn(template, ['{{2}}', '$&'])).toBe('Hi {{2}}, $& is ready. Bye {{2}}.');
});
