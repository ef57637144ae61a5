/** What was answered from a piece of knowledge, the newest first. */
import { infiniteQueryOptions } from '@tanstack/svelte-query';
import type { components } from '$shared/api/schema';
import { api, ask } from '../api';

export type AnswerFrom = components['schemas']['AnswerFrom'];
/** Named as the lists are that these things stand in, and read again together with them. */
export type Origin = 'qa-pairs' | 'documents' | 'websites';

const PAGE_SIZE = 20;

/** `website`: the one that a page belongs to. */
export function answersFromQuery(origin: Origin, id: string, website = '') {
  return infiniteQueryOptions({
    queryKey: [origin, 'answers', id] as const,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => {
      const query = { limit: PAGE_SIZE, ...(pageParam && { cursor: pageParam }) };
      const init = { params: { path: { id }, query }, signal };
      const page = { params: { path: { id: website, page_id: id }, query }, signal };
      switch (origin) {
        case 'qa-pairs':
          return ask(api.GET('/api/v1/qa-pairs/{id}/answers', init));
        case 'documents':
          return ask(api.GET('/api/v1/documents/{id}/answers', init));
        case 'websites':
          return ask(api.GET('/api/v1/websites/{id}/pages/{page_id}/answers', page));
      }
    },
    getNextPageParam: (page) => page.next_cursor ?? null,
  });
}
