/** Search over everything that was said or noted. */
import { infiniteQueryOptions } from '@tanstack/svelte-query';
import { api, ask } from '../api';

export function searchQuery(text: string) {
  return infiniteQueryOptions({
    queryKey: ['search', text] as const,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => {
      const query = { q: text, ...(pageParam && { cursor: pageParam }) };
      return ask(api.GET('/api/v1/search', { params: { query }, signal }));
    },
    getNextPageParam: (page) => page.next_cursor ?? null,
  });
}

export interface Piece {
  text: string;
  isMatch: boolean;
}

/** The server puts what was found between « and »; here it is cut there, so that it can be marked. Pure. */
export function markedPieces(snippet: string): Piece[] {
  return snippet
    .split(/«([^»]*)»/)
    .map((text, index) => ({ text, isMatch: index % 2 === 1 }))
    .filter(({ text }) => text !== '');
}
