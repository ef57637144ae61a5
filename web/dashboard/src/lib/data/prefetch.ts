/** Fetches ahead what an open conversation shows first, so that it is there when somebody opens it. */
import type { QueryClient } from '@tanstack/svelte-query';
import { conversationQuery } from './conversations';
import { messagesQuery } from './messages';
import { timelineQuery } from './timeline';

export function prefetchConversation(client: QueryClient, id: string): void {
  void client.prefetchQuery(conversationQuery(id));
  void client.prefetchQuery(messagesQuery(id));
  void client.prefetchQuery(timelineQuery(id));
}
