/** People who wrote: finding one by a conversation, and erasing one. */
import { queryOptions, type QueryClient } from '@tanstack/svelte-query';
import { api, ask } from '../api';

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

/** Erases the person with all conversations. It cannot be undone. */
export async function eraseContact(client: QueryClient, id: string): Promise<void> {
  await ask(api.DELETE('/api/v1/contacts/{id}', { params: { path: { id } } }));
  await client.invalidateQueries();
}
