/** Who answers on a channel: the assistant or the business's own workflow, and why that did not answer. */
import { queryOptions, type QueryClient } from '@tanstack/svelte-query';
import type { components } from '$shared/api/schema';
import { language } from '../../i18n/index.svelte';
import { api, ask } from '../api';

type Schemas = components['schemas'];
export type ChannelBrain = Schemas['ChannelBrain'];
export type BrainKind = Schemas['BrainKind'];
export type NewBrain = Schemas['NewBrain'];
export type BrainTest = Schemas['BrainTest'];
export type BrainTestResult = Schemas['BrainTestResult'];
export type WebhookErrors = Schemas['WebhookErrors'];

/** A workflow may take two minutes. */
const PATIENCE_MS = 130_000;

export function brainQuery(id: string) {
  return queryOptions({
    queryKey: ['brain', id] as const,
    queryFn: ({ signal }) =>
      ask(api.GET('/api/v1/channels/{id}/brain', { params: { path: { id } }, signal })),
  });
}

export function webhookErrorsQuery(id: string) {
  return queryOptions({
    queryKey: ['webhook-errors', id] as const,
    queryFn: ({ signal }) =>
      ask(api.GET('/api/v1/channels/{id}/webhook-errors', { params: { path: { id } }, signal })),
  });
}

export async function setBrain(
  client: QueryClient,
  id: string,
  body: NewBrain,
): Promise<ChannelBrain> {
  const brain = await ask(
    api.PUT('/api/v1/channels/{id}/brain', { params: { path: { id } }, body }),
  );
  client.setQueryData(brainQuery(id).queryKey, brain);
  return brain;
}

/** Asks the workflow once. That it did not answer is a result as well. */
export function testBrain(id: string, body: BrainTest): Promise<BrainTestResult> {
  return ask(
    api.POST('/api/v1/channels/{id}/brain/test', {
      params: { path: { id } },
      body,
      headers: { 'accept-language': language() },
      signal: AbortSignal.timeout(PATIENCE_MS),
      // not the client's own one, which waits for less
      fetch: (request) => fetch(request),
    }),
  );
}
