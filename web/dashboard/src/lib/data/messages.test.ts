import { QueryClient } from '@tanstack/svelte-query';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { api, type Message } from '../api';
import { loadBackTo, merge, messagesQuery, putMessage } from './messages';

const plainExtras: Message['extras'] = {
  is_automatic: false,
  is_deleted: false,
  is_edited: false,
  is_from_elsewhere: false,
  is_unsupported: false,
  location: null,
  missing_file: null,
  reaction: null,
  referral: null,
  reply_to: null,
  template: null,
};
const message = (seq: number, text = `message ${String(seq)}`): Message => ({
  id: `id-${String(seq)}`,
  conversation_id: 'c',
  seq,
  sender_type: 'user',
  text,
  created_at: '2026-11-20T10:00:00Z',
  extras: plainExtras,
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

describe('loadBackTo', () => {
  afterEach(() => vi.restoreAllMocks());

  const named = (seq: number) => ({ ...message(seq), id: `id-${String(seq).padStart(4, '0')}` });

  /** The newest hundred of 450 messages are loaded; gives the first that is loaded afterwards. */
  async function firstAfter(wanted: string): Promise<number | undefined> {
    const client = new QueryClient();
    const all = Array.from({ length: 450 }, (_, index) => named(index + 1));
    const { queryKey } = messagesQuery('c');
    client.setQueryData(queryKey, { after: 350, items: all.slice(350) });
    vi.spyOn(api, 'GET').mockImplementation(((_: string, init: unknown) => {
      const { after, limit } = (init as { params: { query: { after: number; limit: number } } })
        .params.query;
      const data = { items: all.slice(after, after + limit) };
      return Promise.resolve({ data, response: new Response() });
    }) as unknown as typeof api.GET);
    await loadBackTo(client, 'c', wanted);
    return client.getQueryData(queryKey)?.items[0]?.seq;
  }

  it('fetches back to a number, and no further than needed', async () => {
    expect(await firstAfter('400')).toBe(351);
    expect(await firstAfter('151')).toBe(151);
    expect(await firstAfter('150')).toBe(1);
  });

  it('fetches back to an id', async () => {
    expect(await firstAfter('id-0400')).toBe(351);
    expect(await firstAfter('id-0200')).toBe(151);
  });

  it('ends at the beginning when there is no such thing', async () => {
    expect(await firstAfter('id-0000')).toBe(1);
  });
});

describe('a message that has changed', () => {
  const opened = () => {
    const client = new QueryClient();
    const log = { after: 1, items: [message(2), message(3)] };
    client.setQueryData(messagesQuery('c').queryKey, log);
    const texts = () =>
      client.getQueryData(messagesQuery('c').queryKey)?.items.map(({ text }) => text);
    return { client, texts };
  };

  it('takes the place of what it was', () => {
    const { client, texts } = opened();
    putMessage(client, message(2, 'edited'));
    expect(texts()).toEqual(['edited', 'message 3']);
  });

  it('waits when it is not loaded yet, so that the log has no hole', () => {
    const { client, texts } = opened();
    putMessage(client, message(1, 'edited'));
    expect(texts()).toEqual(['message 2', 'message 3']);
  });
});
