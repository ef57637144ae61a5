/** The workspace's channels: what visitors get, the draft of it, and what it takes to install a web chat. */
import { queryOptions, type QueryClient } from '@tanstack/svelte-query';
import type { components } from '$shared/api/schema';
import { api, ask, type Channel } from '../api';

export type WidgetSettings = components['schemas']['WidgetSettings'];
export type SettingsPatch = Partial<Record<keyof WidgetSettings, unknown>>;

const KEY = ['channels'];

export function channelsQuery() {
  return queryOptions({
    queryKey: KEY,
    queryFn: ({ signal }) => ask(api.GET('/api/v1/channels', { signal })),
  });
}

const byId = (id: string) => ({ params: { path: { id } } });

/** Changes what visitors get, at once. */
export async function saveSettings(
  client: QueryClient,
  { id }: Channel,
  settings: SettingsPatch,
): Promise<Channel> {
  const init = { ...byId(id), body: { settings: settings as Record<string, never> } };
  const saved = put(client, await ask(api.PATCH('/api/v1/channels/{id}', init)));
  // they name the channels that use them
  void client.invalidateQueries({ queryKey: ['agent-prompts'] });
  return saved;
}

export async function saveDraft(
  client: QueryClient,
  { id, revision }: Channel,
  settings: SettingsPatch,
): Promise<Channel> {
  const body = { settings: settings as Record<string, never>, revision };
  return put(client, await ask(api.PATCH('/api/v1/channels/{id}/draft', { ...byId(id), body })));
}

export async function publishDraft(
  client: QueryClient,
  { id, revision }: Channel,
): Promise<Channel> {
  const init = { ...byId(id), body: { revision } };
  return put(client, await ask(api.POST('/api/v1/channels/{id}/publish', init)));
}

export async function discardDraft(client: QueryClient, { id }: Channel): Promise<Channel> {
  return put(client, await ask(api.DELETE('/api/v1/channels/{id}/draft', byId(id))));
}

/** What is no part of the draft; it acts at once. */
export async function changeChannel(
  client: QueryClient,
  { id }: Channel,
  body: components['schemas']['ChannelPatch'],
): Promise<Channel> {
  return put(client, await ask(api.PATCH('/api/v1/channels/{id}', { ...byId(id), body })));
}

/** Makes a web chat with these settings; the secret is shown this once. */
export async function createChannel(client: QueryClient, name: string, like: WidgetSettings) {
  const body = { name, settings: like as unknown as Record<string, never> };
  const created = await ask(api.POST('/api/v1/channels', { body }));
  await client.invalidateQueries({ queryKey: KEY });
  return created;
}

export function renewSecret({ id }: Channel) {
  return ask(api.POST('/api/v1/channels/{id}/identity-secret', byId(id)));
}

/** Uploads a picture for a widget and returns its address. */
export async function uploadImage(file: File, purpose: 'avatar' | 'icon'): Promise<string> {
  const asset = await ask(
    api.POST('/api/v1/assets', {
      params: { query: { purpose, filename: file.name } },
      body: file as never,
      bodySerializer: (body: unknown) => body as Blob,
      headers: { 'content-type': file.type || 'application/octet-stream' },
    }),
  );
  return asset.url;
}

function put(client: QueryClient, channel: Channel): Channel {
  client.setQueryData(
    channelsQuery().queryKey,
    (list) =>
      list && { items: list.items.map((item) => (item.id === channel.id ? channel : item)) },
  );
  return channel;
}
