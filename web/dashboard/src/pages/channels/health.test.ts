import { describe, expect, it } from 'vitest';
import type { Channel } from '$lib/api';
import type { Connection } from '$lib/data/connections';
import { conversationsIn, expiryOf, stateOf } from './health';
import { filterOf, pretty } from './ledger';

const now = Date.parse('2026-11-20T10:00:00Z');

describe('the state of a channel', () => {
  it('is what the server says, and for others whether it is paused', () => {
    const channel = { is_active: false } as Channel;
    expect(stateOf(channel, { state: 'broken' } as Connection)).toBe('broken');
    expect(stateOf(channel, undefined)).toBe('paused');
    expect(stateOf({ ...channel, is_active: true }, undefined)).toBeNull();
  });

  it('counts the days that a token is still good', () => {
    expect(expiryOf(null, now)).toBeNull();
    expect(expiryOf('2026-11-20T09:59:59Z', now)).toEqual({ kind: 'over' });
    expect(expiryOf('2026-11-22T11:00:00Z', now)).toEqual({ kind: 'soon', days: 2 });
    expect(expiryOf('2026-11-27T10:00:00Z', now)).toEqual({ kind: 'later', days: 7 });
  });

  it('reads how many conversations a refusal names', () => {
    expect(conversationsIn('This channel has 1204 conversations, which would go.')).toBe(1204);
    expect(conversationsIn('It has some.')).toBeNull();
  });
});

describe('the ledger', () => {
  it('takes its filter from the address, and forgets what nobody knows', () => {
    const query = new URLSearchParams('status=dead&kind=nonsense&thread=55');
    expect(filterOf((name) => query.get(name) ?? '')).toEqual({
      status: 'dead',
      kind: '',
      thread: '55',
    });
  });

  it('indents a body without changing a letter of it', () => {
    const body = '{"id":12345678901234567890,"text":"a, \\"b\\": {c}","list":[1,{}],"none":[]}';
    expect(pretty(body)).toBe(
      [
        '{',
        '  "id": 12345678901234567890,',
        '  "text": "a, \\"b\\": {c}",',
        '  "list": [',
        '    1,',
        '    {}',
        '  ],',
        '  "none": []',
        '}',
      ].join('\n'),
    );
    expect(pretty('a=1&b=2')).toBe('a=1&b=2');
  });
});
