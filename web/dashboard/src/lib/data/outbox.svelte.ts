/**
 * Replies and notes on their way. Each has an id of its own from the start, so that sending it again can never make
 * two of it: the server stores an id once. It leaves the outbox when it is in the thread.
 */
import type { QueryClient } from '@tanstack/svelte-query';
import { api, ApiError, ask, sentence, type Attachment } from '../api';
import { randomId } from '../random-id';
import { conversationQuery } from './conversations';
import { messagesQuery, putMessage } from './messages';
import { ownChanges } from './own-changes';
import { putNote } from './timeline';

interface Written {
  readonly conversationId: string;
  readonly kind: 'reply' | 'note';
  readonly text: string;
  /** User ids of who is called by a note. */
  readonly mentions?: readonly string[];
  readonly attachment?: Attachment | null;
  /** The last message that its writer has seen: the server refuses when a colleague was faster. null: send anyway. */
  readonly seenSeq?: number | null;
  readonly isResolving?: boolean;
}

export interface Pending extends Written {
  readonly clientId: string;
  readonly createdAt: string;
  /** The server's sentence once sending has failed. */
  readonly failure: string | null;
  /** A colleague has replied meanwhile. */
  readonly isOvertaken: boolean;
}

class Outbox {
  #waiting = $state.raw<readonly Pending[]>([]);

  /** In the order in which they were written. */
  of(conversationId: string): Pending[] {
    return this.#waiting.filter((one) => one.conversationId === conversationId);
  }

  /** Resolves when it is stored, or has failed and waits here. */
  send(client: QueryClient, written: Written): Promise<boolean> {
    return this.#deliver(client, {
      ...written,
      clientId: randomId(),
      createdAt: new Date().toISOString(),
      failure: null,
      isOvertaken: false,
    });
  }

  retry(client: QueryClient, pending: Pending): void {
    void this.#deliver(client, { ...pending, failure: null, isOvertaken: false });
  }

  /** Although a colleague has replied. */
  sendAnyway(client: QueryClient, pending: Pending): void {
    this.retry(client, { ...pending, seenSeq: null });
  }

  discard({ clientId }: Pending): void {
    this.#waiting = this.#waiting.filter((one) => one.clientId !== clientId);
  }

  #put(pending: Pending): void {
    const isKnown = this.#waiting.some((one) => one.clientId === pending.clientId);
    this.#waiting = isKnown
      ? this.#waiting.map((one) => (one.clientId === pending.clientId ? pending : one))
      : [...this.#waiting, pending];
  }

  async #deliver(client: QueryClient, pending: Pending): Promise<boolean> {
    this.#put(pending);
    ownChanges.add(pending.conversationId);
    try {
      await (pending.kind === 'note' ? postNote(client, pending) : postReply(client, pending));
      this.discard(pending);
      return true;
    } catch (error) {
      const isOvertaken = error instanceof ApiError && error.code === 'newer_reply';
      this.#put({ ...pending, failure: sentence(error), isOvertaken });
      // What the colleague wrote belongs beside it, also while the stream is interrupted.
      if (isOvertaken) void client.invalidateQueries(conversationQuery(pending.conversationId));
      if (isOvertaken) void client.invalidateQueries(messagesQuery(pending.conversationId));
      return false;
    }
  }
}

async function postReply(client: QueryClient, pending: Pending): Promise<void> {
  const { clientId, conversationId: id, text, seenSeq, attachment, isResolving } = pending;
  const message = await ask(
    api.POST('/api/v1/conversations/{id}/messages', {
      params: { path: { id } },
      body: {
        client_message_id: clientId,
        text,
        ...(seenSeq != null && { seen_seq: seenSeq }),
        ...(attachment && { attachment_id: attachment.id }),
        ...(isResolving && { resolve: true }),
      },
    }),
  );
  putMessage(client, message);
  if (isResolving) void client.invalidateQueries(conversationQuery(id));
}

async function postNote(client: QueryClient, pending: Pending): Promise<void> {
  const { clientId, conversationId: id, text, mentions = [] } = pending;
  const body = { client_note_id: clientId, text, mentions: [...mentions] };
  const note = await ask(
    api.POST('/api/v1/conversations/{id}/notes', { params: { path: { id } }, body }),
  );
  putNote(client, id, note);
}

export const outbox = new Outbox();
