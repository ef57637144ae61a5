/** Asking as a visitor would, with other settings; and the library of prompts. */
import { queryOptions, type QueryClient } from '@tanstack/svelte-query';
import type { components } from '$shared/api/schema';
import { api, ask } from '../api';

type Schemas = components['schemas'];
export type PlaygroundAnswer = Schemas['PlaygroundAnswer'];
export type PlaygroundQuestion = Schemas['PlaygroundQuestion'];
export type AgentPrompt = Schemas['AgentPrompt'];
export type AgentPromptState = Schemas['AgentPromptState'];

/** Nothing is stored but what the model costs. */
export function askPlayground(body: PlaygroundQuestion): Promise<PlaygroundAnswer> {
  return ask(api.POST('/api/v1/playground', { body }));
}

export function agentPromptsQuery() {
  return queryOptions({
    queryKey: ['agent-prompts'] as const,
    queryFn: async ({ signal }) => (await ask(api.GET('/api/v1/agent-prompts', { signal }))).items,
  });
}

/** Writes a new prompt, or changes the one with this id. */
export async function saveAgentPrompt(
  client: QueryClient,
  id: string | null,
  body: AgentPromptState,
): Promise<AgentPrompt> {
  const saved = id
    ? await ask(api.PATCH('/api/v1/agent-prompts/{id}', { params: { path: { id } }, body }))
    : await ask(api.POST('/api/v1/agent-prompts', { body }));
  await client.invalidateQueries({ queryKey: ['agent-prompts'] });
  return saved;
}

export async function deleteAgentPrompt(client: QueryClient, id: string): Promise<void> {
  await ask(api.DELETE('/api/v1/agent-prompts/{id}', { params: { path: { id } } }));
  await client.invalidateQueries({ queryKey: ['agent-prompts'] });
}
