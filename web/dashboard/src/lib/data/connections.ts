/** Messaging channels: which vendors there are, how each connected channel is, and what the vendors sent. */
import { infiniteQueryOptions, queryOptions, type QueryClient } from '@tanstack/svelte-query';
import type { components } from '$shared/api/schema';
import { api, ask } from '../api';

type Schemas = components['schemas'];
export type Connector = Schemas['ConnectorItem'];
export type ConnectorField = Schemas['ConnectorField'];
export type ConnectorStep = Schemas['ConnectorStep'];
export type LocalText = Schemas['ConnectorField']['label'];
export type ChannelCheck = Schemas['ChannelCheck'];
export type HealthState = Schemas['HealthState'];
export type InboundEvent = Schemas['InboundEvent'];
export type EventStatus = Schemas['InboundEventStatus'];
/** By the keys of the vendor's form. */
export type Values = Record<string, string>;
type Given = Schemas['ChannelConnection'];
/** The generated types say of free objects that they are empty. */
export type Connection = Omit<Given, 'values' | 'secret_hints'> & {
  values: Values;
  secret_hints: Values;
};

const KEY = 'connections';
const NEVER_OLD = { staleTime: Infinity, gcTime: Infinity };

export function connectorsQuery() {
  return queryOptions({
    queryKey: ['connectors'] as const,
    queryFn: async ({ signal }) => (await ask(api.GET('/api/v1/connectors', { signal }))).items,
    // it changes with the server's version only
    ...NEVER_OLD,
  });
}

export function connectionsQuery() {
  return queryOptions({
    queryKey: [KEY, 'list'] as const,
    queryFn: async ({ signal }) =>
      (await ask(api.GET('/api/v1/connections', { signal }))).items as Connection[],
  });
}

export function connectionQuery(id: string) {
  return queryOptions({
    queryKey: [KEY, 'one', id] as const,
    queryFn: async ({ signal }) =>
      (await ask(
        api.GET('/api/v1/channels/{id}/connection', { params: { path: { id } }, signal }),
      )) as Connection,
  });
}

export interface EventFilter {
  status: EventStatus | '';
  kind: string;
  thread: string;
}

export function inboundEventsQuery(channel_id: string, { status, kind, thread }: EventFilter) {
  return infiniteQueryOptions({
    queryKey: [KEY, 'events', channel_id, status, kind, thread] as const,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => {
      const query = {
        channel_id,
        ...(status && { status }),
        ...(kind && { kind }),
        ...(thread && { thread }),
        ...(pageParam && { before: pageParam }),
      };
      return ask(api.GET('/api/v1/inbound-events', { params: { query }, signal }));
    },
    getNextPageParam: (page) => page.next_before ?? null,
  });
}

export function inboundEventQuery(id: string, event_id: string) {
  return queryOptions({
    queryKey: [KEY, 'event', id, event_id] as const,
    queryFn: ({ signal }) => {
      const params = { path: { id, event_id } };
      return ask(api.GET('/api/v1/channels/{id}/inbound-events/{event_id}', { params, signal }));
    },
  });
}

/** Works on an event once more; what it did before is not done twice. */
export async function replayEvent(client: QueryClient, { channel_id, id }: InboundEvent) {
  const params = { path: { id: channel_id, event_id: id } };
  await ask(api.POST('/api/v1/channels/{id}/inbound-events/{event_id}/replay', { params }));
  await refresh(client);
}

export async function connect(client: QueryClient, kind: string, name: string, values: Values) {
  const made = await ask(api.POST('/api/v1/connections', { body: { kind, name, values } }));
  await refresh(client);
  return made as Connection;
}

export async function reconnect(client: QueryClient, id: string, values: Values): Promise<void> {
  const init = { params: { path: { id } }, body: { values } };
  await ask(api.PUT('/api/v1/channels/{id}/connection', init));
  await refresh(client);
}

/** Asks the vendor. What it says is kept: a refusal shows in the channel's state as well. */
export async function check(client: QueryClient, id: string): Promise<ChannelCheck> {
  const init = { params: { path: { id } } };
  try {
    return await ask(api.POST('/api/v1/channels/{id}/connection/check', init));
  } finally {
    await refresh(client);
  }
}

export async function deleteChannel(
  client: QueryClient,
  id: string,
  erase_conversations: boolean,
): Promise<void> {
  const params = { path: { id }, query: { erase_conversations } };
  await ask(api.DELETE('/api/v1/channels/{id}', { params }));
  client.removeQueries({ queryKey: connectionQuery(id).queryKey });
  void refresh(client);
  if (erase_conversations) void client.invalidateQueries({ queryKey: ['conversations'] });
}

function refresh(client: QueryClient): Promise<unknown> {
  return Promise.all([
    client.invalidateQueries({ queryKey: [KEY] }),
    client.invalidateQueries({ queryKey: ['channels'] }),
  ]);
}
