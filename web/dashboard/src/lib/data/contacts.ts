/** The person behind a conversation: who it is, what was said before, what the team knows. */
import { queryOptions, type QueryClient } from '@tanstack/svelte-query';
import { api, ask, type ContactPatch } from '../api';
import { conversationQuery, dropConversations } from './conversations';

/** Conversations whose person or last message has these words; each names its contact. */
export function contactSearchQuery(q: string) {
  return queryOptions({
    queryKey: ['contact-search', q] as const,
    enabled: q !== '',
    queryFn: async ({ signal }) => {
      const query = { q, view: 'all', limit: 50 } as const;
      const page = await ask(api.GET('/api/v1/conversations', { params: { query }, signal }));
      return { items: [...new Map(page.items.map((one) => [one.contact.id, one])).values()] };
    },
  });
}

export function contactQuery(id: string) {
  return queryOptions({
    queryKey: ['contact', id],
    queryFn: ({ signal }) =>
      ask(api.GET('/api/v1/contacts/{id}', { params: { path: { id } }, signal })),
  });
}

/** Changes what is known, on screen first. Throws `ApiError`, and the old values are back. */
export async function changeContact(
  client: QueryClient,
  id: string,
  patch: ContactPatch,
): Promise<void> {
  const { queryKey } = contactQuery(id);
  const before = client.getQueryData(queryKey);
  client.setQueryData(queryKey, (contact) => contact && { ...contact, ...shown(patch) });
  try {
    const params = { path: { id } };
    const after = await ask(api.PATCH('/api/v1/contacts/{id}', { params, body: patch }));
    client.setQueryData(queryKey, after);
    void client.invalidateQueries({ queryKey: ['conversations'] });
    for (const { id: conversation } of after.conversations) {
      void client.invalidateQueries(conversationQuery(conversation));
    }
  } catch (error) {
    client.setQueryData(queryKey, before);
    throw error;
  }
}

/** What the patch leaves on screen: a note and a block have no "unknown". */
function shown({ note, is_blocked, ...rest }: ContactPatch) {
  return {
    ...rest,
    ...(note !== undefined && { note: note ?? '' }),
    ...(is_blocked != null && { is_blocked }),
  };
}

/** Erases the person with everything that was said. There is no way back. */
export async function eraseContact(client: QueryClient, id: string): Promise<void> {
  const contact = client.getQueryData(contactQuery(id).queryKey);
  await ask(api.DELETE('/api/v1/contacts/{id}', { params: { path: { id } } }));
  dropConversations(client, contact?.conversations.map((one) => one.id) ?? []);
  client.removeQueries(contactQuery(id));
  void client.invalidateQueries({ queryKey: ['conversations'] });
}
