import { describe, expect, it } from 'vitest';
import type { Message } from '../api';
import { merge } from './messages';

const message = (seq: number, text = `message ${String(seq)}`): Message => ({
  id: `id-${String(seq)}`,
  conversation_id: 'c',
  seq,
  sender_type: 'user',
  text,
  created_at: '2026-11-20T10:00:00Z',
});

describe('merge', () => {
  it('keeps messages in order, whichever came first', () => {
    const merged = merge([message(1), message(3)], [message(2)]);
    expect(merged.map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });

  it('has each message once, as it was told last', () => {
    const merged = merge([message(1), message(2, 'draft')], [message(2, 'final')]);
    expect(merged.map(({ text }) => text)).toEqual(['message 1', 'final']);
  });
});
