/** The agents of a channel: who speaks when, with which prompt of the library. */
import { queryOptions, type QueryClient } from '@tanstack/svelte-query';
import type { components } from '$shared/api/schema';
import { api, ask } from '../api';

type Schemas = components['schemas'];
export type ChannelAgent = Schemas['ChannelAgent'];
export type ChannelAgentDraft = Schemas['ChannelAgentDraft'];
export type ChannelAgentTrialResult = Schemas['ChannelAgentTrialResult'];

const AGENTS = ['channel-agents'] as const;
const of = (id: string) => ({ params: { path: { id } } });
const at = (id: string, agent: string) => ({ params: { path: { id, agent } } });

/** With what their conditions can look at. */
export function channelAgentsQuery(channel: string) {
  return queryOptions({
    queryKey: [...AGENTS, channel],
    queryFn: ({ signal }) =>
      ask(api.GET('/api/v1/channels/{id}/agents', { ...of(channel), signal })),
  });
}

/** Prompts show which channels use them. */
async function changed(client: QueryClient): Promise<void> {
  await Promise.all([
    client.invalidateQueries({ queryKey: AGENTS }),
    client.invalidateQueries({ queryKey: ['agent-prompts'] }),
  ]);
}

export async function saveChannelAgent(
  client: QueryClient,
  channel: string,
  id: string | null,
  body: ChannelAgentDraft,
): Promise<void> {
  if (id)
    await ask(api.PATCH('/api/v1/channels/{id}/agents/{agent}', { ...at(channel, id), body }));
  else await ask(api.POST('/api/v1/channels/{id}/agents', { ...of(channel), body }));
  await changed(client);
}

export async function orderChannelAgents(client: QueryClient, channel: string, ids: string[]) {
  const call = { ...of(channel), body: { ids } };
  await ask(api.POST('/api/v1/channels/{id}/agents/order', call));
  await changed(client);
}

export async function deleteChannelAgent(client: QueryClient, channel: string, id: string) {
  await ask(api.DELETE('/api/v1/channels/{id}/agents/{agent}', at(channel, id)));
  await changed(client);
}

/** Which agent a message would be answered by. */
export function tryChannelAgents(channel: string, text: string): Promise<ChannelAgentTrialResult> {
  const call = { ...of(channel), body: { text } };
  return ask(api.POST('/api/v1/channels/{id}/agents/try', call));
}
