/** Contacts that are one person: finding them, putting them together, taking them apart. */
import { queryOptions, type QueryClient } from '@tanstack/svelte-query';
import type { components } from '$shared/api/schema';
import { api, ask, type ContactDetails } from '../api';
import { contactQuery } from './contacts';
import { conversationQuery } from './conversations';

type Schemas = components['schemas'];
export type FoundContact = Schemas['ContactListItem'];
export type ContactMerge = Schemas['ContactMerge'];

export function contactsQuery(q: string) {
  return queryOptions({
    queryKey: ['contacts', q] as const,
    queryFn: async ({ signal }) =>
      (await ask(api.GET('/api/v1/contacts', { params: { query: { q } }, signal }))).items,
  });
}

/** Everything of the other contact moves to this one. */
export async function mergeContacts(client: QueryClient, id: string, other_id: string) {
  const params = { path: { id, other_id } };
  show(client, id, await ask(api.POST('/api/v1/contacts/{id}/merge/{other_id}', { params })));
}

export async function takeApart(client: QueryClient, id: string, merge: ContactMerge) {
  const params = { path: { id, merge_id: merge.id } };
  show(client, id, await ask(api.DELETE('/api/v1/contacts/{id}/merges/{merge_id}', { params })));
  void client.invalidateQueries(contactQuery(merge.merged_id));
}

function show(client: QueryClient, id: string, after: ContactDetails): void {
  const { queryKey } = contactQuery(id);
  const before = client.getQueryData(queryKey);
  client.setQueryData(queryKey, after);
  void client.invalidateQueries({ queryKey: ['contacts'] });
  void client.invalidateQueries({ queryKey: ['conversations'] });
  const moved = [...(before?.conversations ?? []), ...after.conversations];
  for (const conversation of new Set(moved.map((one) => one.id))) {
    void client.invalidateQueries(conversationQuery(conversation));
  }
}
