/** A client's deals and orders, as its page lists them. */
import { infiniteQueryOptions } from '@tanstack/svelte-query';
import { api, ask } from '../api';
import { salesKey } from './keys';

const PAGE_SIZE = 50;

export function clientDealsQuery(client_id: string) {
  return infiniteQueryOptions({
    queryKey: salesKey('deals', 'of-client', client_id),
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => {
      const query = { client_id, limit: PAGE_SIZE, ...(pageParam && { cursor: pageParam }) };
      return ask(api.GET('/api/v1/crm/deals', { params: { query }, signal }));
    },
    getNextPageParam: (page) => page.next_cursor ?? null,
  });
}

export function clientOrdersQuery(client_id: string) {
  return infiniteQueryOptions({
    queryKey: salesKey('orders', 'of-client', client_id),
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => {
      const query = { client_id, limit: PAGE_SIZE, ...(pageParam && { cursor: pageParam }) };
      return ask(api.GET('/api/v1/crm/orders', { params: { query }, signal }));
    },
    getNextPageParam: (page) => page.next_cursor ?? null,
  });
}
