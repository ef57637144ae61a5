/** Outgoing webhooks: endpoints, what was sent to them, and sending once more. */
import { infiniteQueryOptions, queryOptions, type QueryClient } from '@tanstack/svelte-query';
import type { components } from '$shared/api/schema';
import { api, ask } from '../api';

type Schemas = components['schemas'];
export type WebhookEndpoint = Schemas['WebhookEndpoint'];
export type WebhookEventType = Schemas['WebhookEventType'];
export type WebhookDelivery = Schemas['WebhookDelivery'];
export type WebhookDeliveryStatus = Schemas['WebhookDeliveryStatus'];
export type WebhookDeliveryDetails = Schemas['WebhookDeliveryDetails'];
export type NewWebhookEndpoint = Schemas['NewWebhookEndpoint'];
export type WebhookEndpointPatch = Schemas['WebhookEndpointPatch'];

const ENDPOINTS = ['webhook-endpoints'] as const;
const DELIVERIES = ['webhook-deliveries'] as const;
const WHILE_LOOKING_MS = 5_000;

const at = (id: string) => ({ params: { path: { id } } });

export function webhooksQuery() {
  return queryOptions({
    queryKey: ENDPOINTS,
    queryFn: async ({ signal }) =>
      (await ask(api.GET('/api/v1/webhook-endpoints', { signal }))).items,
  });
}

/** Gives the secret, which cannot be read again. */
export async function createWebhook(client: QueryClient, body: NewWebhookEndpoint) {
  const { secret } = await ask(api.POST('/api/v1/webhook-endpoints', { body }));
  await client.invalidateQueries({ queryKey: ENDPOINTS });
  return secret;
}

export async function changeWebhook(client: QueryClient, id: string, body: WebhookEndpointPatch) {
  await ask(api.PATCH('/api/v1/webhook-endpoints/{id}', { ...at(id), body }));
  await client.invalidateQueries({ queryKey: ENDPOINTS });
}

export async function deleteWebhook(client: QueryClient, id: string): Promise<void> {
  await ask(api.DELETE('/api/v1/webhook-endpoints/{id}', at(id)));
  await client.invalidateQueries({ queryKey: ENDPOINTS });
}

/** Gives the new secret, which cannot be read again. */
export async function renewWebhookSecret(client: QueryClient, id: string): Promise<string> {
  const { secret } = await ask(api.POST('/api/v1/webhook-endpoints/{id}/secret', at(id)));
  await client.invalidateQueries({ queryKey: ENDPOINTS });
  return secret;
}

export async function testWebhook(client: QueryClient, id: string) {
  const details = await ask(api.POST('/api/v1/webhook-endpoints/{id}/test', at(id)));
  await client.invalidateQueries({ queryKey: DELIVERIES });
  return details;
}

export function deliveriesQuery(id: string, status: WebhookDeliveryStatus | '') {
  return infiniteQueryOptions({
    queryKey: [...DELIVERIES, id, status] as const,
    initialPageParam: null as string | null,
    staleTime: 0,
    refetchInterval: WHILE_LOOKING_MS,
    queryFn: ({ pageParam, signal }) => {
      const query = { ...(status && { status }), ...(pageParam && { cursor: pageParam }) };
      const params = { path: { id }, query };
      return ask(api.GET('/api/v1/webhook-endpoints/{id}/deliveries', { params, signal }));
    },
    getNextPageParam: (page) => page.next_cursor ?? null,
  });
}

export function deliveryQuery(id: string) {
  return queryOptions({
    queryKey: [...DELIVERIES, 'one', id] as const,
    staleTime: 0,
    refetchInterval: WHILE_LOOKING_MS,
    queryFn: ({ signal }) => ask(api.GET('/api/v1/webhook-deliveries/{id}', { ...at(id), signal })),
  });
}

export async function replayDelivery(client: QueryClient, id: string): Promise<void> {
  await ask(api.POST('/api/v1/webhook-deliveries/{id}/replay', at(id)));
  await client.invalidateQueries({ queryKey: DELIVERIES });
}

/** Gives the number of those that are sent once more. */
export async function recoverDeliveries(client: QueryClient, id: string, since: string) {
  const body = { since };
  const { count } = await ask(
    api.POST('/api/v1/webhook-endpoints/{id}/recover', { ...at(id), body }),
  );
  await client.invalidateQueries({ queryKey: DELIVERIES });
  return count;
}
