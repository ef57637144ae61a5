/** What each live event changes in the data on screen. One line an event; the work is in `data/`. */
import type { ServerEvent } from '$shared/sse';
import type { QueryClient } from '@tanstack/svelte-query';
import { alertAbout, alertAboutMention } from '../alerts/alerts';
import type { ConversationSummary, Message } from '../api';
import { putConversation } from '../data/conversations';
import { refreshEscalations } from '../data/escalations';
import { refreshGaps } from '../data/gaps';
import { refreshCounts, refreshWorkspace } from '../data/inbox-lists';
import { putMessage } from '../data/messages';
import { forgetPresence, putPresence, type Person } from '../data/presence.svelte';
import { refreshTimeline } from '../data/timeline';
import { refreshSalesSoon } from './sales';

type Apply = (client: QueryClient, data: unknown) => void;

const appliers: Record<string, Apply> = {
  message(client, data) {
    const { message, conversation } = data as {
      message: Message;
      conversation: ConversationSummary;
    };
    alertAbout(client, conversation, message);
    putConversation(client, conversation);
    putMessage(client, message);
    // Whoever replies takes on the escalation.
    if (message.sender_type === 'agent') refreshEscalations(client, conversation.id);
    // It may have opened the vendor's reply window.
    void client.invalidateQueries({ queryKey: ['conversation-channel', conversation.id] });
  },
  message_changed(client, data) {
    putMessage(client, data as Message);
  },
  conversation(client, data) {
    const conversation = data as ConversationSummary;
    alertAbout(client, conversation, null);
    putConversation(client, conversation);
    refreshEscalations(client, conversation.id);
  },
  timeline(client, data) {
    const { conversation_id: id } = data as { conversation_id: string };
    refreshTimeline(client, id);
    void client.invalidateQueries({ queryKey: ['tool-calls', id] });
  },
  presence(_, data) {
    const { conversation_id, people } = data as { conversation_id: string; people: Person[] };
    putPresence(conversation_id, people);
  },
  mention(client, data) {
    alertAboutMention(client, data as { conversation_id: string; user_id: string });
    refreshCounts(client);
    void client.invalidateQueries({ queryKey: ['conversations', { view: 'mentions' }] });
  },
  workspace(client, data) {
    void refreshWorkspace(client, (data as { what: string }).what);
  },
  // It says only which gap has changed.
  gap(client) {
    void refreshGaps(client);
  },
  client(client) {
    refreshSalesSoon(client);
  },
  deal(client) {
    refreshSalesSoon(client);
  },
  resync(client) {
    forgetPresence();
    void client.invalidateQueries();
  },
};

export function applyEvent(client: QueryClient, { event, data }: ServerEvent): void {
  appliers[event]?.(client, JSON.parse(data));
}
