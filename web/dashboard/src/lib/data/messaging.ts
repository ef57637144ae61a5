/** What a conversation's messaging channel allows now, its templates, and sending again what did not go. */
import { queryOptions, type QueryClient } from '@tanstack/svelte-query';
import type { components } from '$shared/api/schema';
import { api, ask, type Message } from '../api';
import { randomId } from '../random-id';
import { putMessage } from './messages';

export type ConversationChannel = components['schemas']['ConversationChannel'];
export type MessageTemplate = components['schemas']['MessageTemplate'];
type NewReply = components['schemas']['NewReply'];

/** A template with its places filled in; `text` is what the person reads. */
export interface TemplateUse {
  name: string;
  language: string;
  parameters: string[];
  text: string;
}

export function conversationChannelQuery(id: string) {
  return queryOptions({
    queryKey: ['conversation-channel', id] as const,
    queryFn: ({ signal }) =>
      ask(api.GET('/api/v1/conversations/{id}/channel', { params: { path: { id } }, signal })),
  });
}

export function templatesQuery(id: string) {
  return queryOptions({
    queryKey: ['message-templates', id] as const,
    queryFn: async ({ signal }) =>
      (await ask(api.GET('/api/v1/channels/{id}/templates', { params: { path: { id } }, signal })))
        .items,
  });
}

export async function sendTemplate(
  client: QueryClient,
  id: string,
  template: TemplateUse,
): Promise<void> {
  // the server takes `template` beside what the generated types know of a reply
  const body = { client_message_id: randomId(), text: '', template } as NewReply;
  const init = { params: { path: { id } }, body };
  putMessage(client, await ask(api.POST('/api/v1/conversations/{id}/messages', init)));
}

/** The person may get it twice if it had gone after all. */
export async function sendAgain(
  client: QueryClient,
  { conversation_id, id }: Message,
): Promise<void> {
  const params = { path: { id: conversation_id, message_id: id } };
  putMessage(
    client,
    await ask(api.POST('/api/v1/conversations/{id}/messages/{message_id}/retry', { params })),
  );
}
