/** What the team's inbox works with: labels, saved replies, business hours, assignment and targets. */
import { queryOptions, type QueryClient } from '@tanstack/svelte-query';
import type { components } from '$shared/api/schema';
import { api, ask } from '../api';
import { labelsQuery, savedRepliesQuery } from './inbox-lists';

type Schemas = components['schemas'];
export type Label = Schemas['Label'];
export type LabelColor = Schemas['LabelColor'];
export type SavedReply = Schemas['SavedReply'];
export type NewSavedReply = Schemas['NewSavedReply'];
export type InboxSettings = Schemas['InboxSettings'];

const SETTINGS = ['inbox-settings'] as const;

/** Adds a label, or changes the one with this id. */
export async function saveLabel(
  client: QueryClient,
  id: string | null,
  body: Schemas['NewLabel'],
): Promise<void> {
  await (id
    ? ask(api.PATCH('/api/v1/labels/{id}', { params: { path: { id } }, body }))
    : ask(api.POST('/api/v1/labels', { body })));
  await client.invalidateQueries(labelsQuery());
}

export async function deleteLabel(client: QueryClient, id: string): Promise<void> {
  await ask(api.DELETE('/api/v1/labels/{id}', { params: { path: { id } } }));
  await client.invalidateQueries(labelsQuery());
}

/** Adds a saved reply, or changes the one with this id. */
export async function saveReply(
  client: QueryClient,
  id: string | null,
  body: NewSavedReply,
): Promise<void> {
  await (id
    ? ask(api.PATCH('/api/v1/saved-replies/{id}', { params: { path: { id } }, body }))
    : ask(api.POST('/api/v1/saved-replies', { body })));
  await client.invalidateQueries(savedRepliesQuery());
}

export async function deleteReply(client: QueryClient, id: string): Promise<void> {
  await ask(api.DELETE('/api/v1/saved-replies/{id}', { params: { path: { id } } }));
  await client.invalidateQueries(savedRepliesQuery());
}

export function inboxSettingsQuery() {
  return queryOptions({
    queryKey: SETTINGS,
    queryFn: ({ signal }) => ask(api.GET('/api/v1/inbox-settings', { signal })),
  });
}

/** Changes some of the settings and keeps the others as they are now. */
export async function saveInboxSettings(
  client: QueryClient,
  changes: Partial<InboxSettings>,
): Promise<InboxSettings> {
  const present = await ask(api.GET('/api/v1/inbox-settings'));
  const body = { ...present, ...changes };
  const saved = await ask(api.PUT('/api/v1/inbox-settings', { body }));
  client.setQueryData(SETTINGS, saved);
  return saved;
}
