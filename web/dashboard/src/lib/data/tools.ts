/** What a channel's bot may do beside answering, what it did in a conversation, and what waits for a person. */
import { queryOptions, type QueryClient } from '@tanstack/svelte-query';
import type { components } from '$shared/api/schema';
import { api, ask } from '../api';
import { conversationQuery } from './conversations';
import { refreshEscalations } from './escalations';
import { refreshTimeline } from './timeline';

type Schemas = components['schemas'];
export type Tool = Schemas['Tool'];
export type ToolPermission = Schemas['ToolPermission'];
export type ChannelTool = Schemas['ChannelTool'];
export type ChosenPermission = Schemas['ChosenPermission'];
export type ToolCall = Schemas['ToolCall'];
export type Verdict = 'approve' | 'refuse';

export function channelToolsQuery(id: string) {
  return queryOptions({
    queryKey: ['channel-tools', id] as const,
    queryFn: async ({ signal }) =>
      (await ask(api.GET('/api/v1/channels/{id}/tools', { params: { path: { id } }, signal })))
        .items,
  });
}

export async function setChannelTools(
  client: QueryClient,
  id: string,
  items: ChosenPermission[],
): Promise<ChannelTool[]> {
  const params = { path: { id } };
  const kept = await ask(api.PUT('/api/v1/channels/{id}/tools', { params, body: { items } }));
  client.setQueryData(channelToolsQuery(id).queryKey, kept.items);
  return kept.items;
}

export function toolCallsQuery(conversationId: string) {
  return queryOptions({
    queryKey: ['tool-calls', conversationId] as const,
    queryFn: async ({ signal }) => {
      const init = { params: { path: { id: conversationId } }, signal };
      return (await ask(api.GET('/api/v1/conversations/{id}/tool-calls', init))).items;
    },
  });
}

/** Approves or refuses. Throws `ApiError`, where somebody was quicker too; what is shown is read again either way. */
export async function decide(client: QueryClient, call: ToolCall, verdict: Verdict): Promise<void> {
  const { conversation_id: conversation } = call;
  const init = { params: { path: { id: call.id } } };
  try {
    await ask(
      verdict === 'approve'
        ? api.POST('/api/v1/tool-calls/{id}/approve', init)
        : api.POST('/api/v1/tool-calls/{id}/refuse', init),
    );
  } finally {
    void client.invalidateQueries(toolCallsQuery(conversation));
    void client.invalidateQueries(conversationQuery(conversation));
    refreshTimeline(client, conversation);
    refreshEscalations(client, conversation);
  }
}
