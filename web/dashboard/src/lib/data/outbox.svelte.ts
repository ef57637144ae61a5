/**
 * Replies on their way. Each has an id of its own from the start, so that sending it again can never make two of it:
 * the server stores an id once. A reply leaves the outbox when its message is in the log.
 */
import type { QueryClient } from '@tanstack/svelte-query';
import { SvelteMap } from 'svelte/reactivity';
import { api, ask, sentence } from '../api';
import { randomId } from '../random-id';
import { putMessage } from './messages';

export interface PendingReply {
  readonly clientMessageId: string;
  readonly conversationId: string;
  readonly text: string;
  readonly createdAt: string;
  /** The server's sentence once sending has failed. */
  readonly failure: string | null;
}

class Outbox {
  readonly #replies = new SvelteMap<string, PendingReply>();

  /** In the order in which they were written. */
  of(conversationId: string): PendingReply[] {
    return [...this.#replies.values()].filter((reply) => reply.conversationId === conversationId);
  }

  send(client: QueryClient, conversationId: string, text: string): void {
    const reply: PendingReply = {
      clientMessageId: randomId(),
      conversationId,
      text,
      createdAt: new Date().toISOString(),
      failure: null,
    };
    void this.#deliver(client, reply);
  }

  retry(client: QueryClient, reply: PendingReply): void {
    void this.#deliver(client, { ...reply, failure: null });
  }

  discard(reply: PendingReply): void {
    this.#replies.delete(reply.clientMessageId);
  }

  async #deliver(client: QueryClient, reply: PendingReply): Promise<void> {
    const { clientMessageId, conversationId, text } = reply;
    this.#replies.set(clientMessageId, reply);
    try {
      const message = await ask(
        api.POST('/api/v1/conversations/{id}/messages', {
          params: { path: { id: conversationId } },
          body: { client_message_id: clientMessageId, text },
        }),
      );
      putMessage(client, message);
      this.#replies.delete(clientMessageId);
    } catch (error) {
      this.#replies.set(clientMessageId, { ...reply, failure: sentence(error) });
    }
  }
}

export const outbox = new Outbox();
