/** What each live event changes in the data on screen. One line an event; the work is in `data/`. */
import type { ServerEvent } from '$shared/sse';
import type { QueryClient } from '@tanstack/svelte-query';
import type { ConversationSummary, Message } from '../api';
import { putConversation } from '../data/conversations';
import { refreshGaps } from '../data/gaps';
import { putMessage } from '../data/messages';

export function applyEvent(client: QueryClient, { event, data }: ServerEvent): void {
  if (event === 'message') {
    const { message, conversation } = JSON.parse(data) as {
      message: Message;
      conversation: ConversationSummary;
    };
    putConversation(client, conversation);
    putMessage(client, message);
  } else if (event === 'conversation') {
    putConversation(client, JSON.parse(data) as ConversationSummary);
  } else if (event === 'gap') {
    // It says only which gap has changed.
    void refreshGaps(client);
  } else if (event === 'resync') {
    void client.invalidateQueries();
  }
}
