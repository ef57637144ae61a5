/** Deals: the board, the list, one of them; moving, changing and deleting them. */
import { infiniteQueryOptions, queryOptions, type QueryClient } from '@tanstack/svelte-query';
import { api, ask } from '$lib/api';
import { refreshSales, salesKey } from '$lib/crm/keys';
import type { Deal, DealMove, DealPatch, Filter, NewDeal } from './types';

const PAGE_SIZE = 50;

export function boardQuery(filter: Filter) {
  return queryOptions({
    queryKey: salesKey('board', filter),
    queryFn: ({ signal }) =>
      ask(api.GET('/api/v1/crm/deals/board', { params: { query: filter }, signal })),
  });
}

export function dealsQuery(filter: Filter, sort: string) {
  return infiniteQueryOptions({
    queryKey: salesKey('deals', 'list', filter, sort),
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => {
      const query = { ...filter, sort, limit: PAGE_SIZE, ...(pageParam && { cursor: pageParam }) };
      return ask(api.GET('/api/v1/crm/deals', { params: { query }, signal }));
    },
    getNextPageParam: (page) => page.next_cursor ?? null,
  });
}

export function conversationDealsQuery(conversation_id: string) {
  return queryOptions({
    queryKey: salesKey('deals', 'of-conversation', conversation_id),
    queryFn: async ({ signal }) => {
      const query = { conversation_id, limit: 20 };
      return (await ask(api.GET('/api/v1/crm/deals', { params: { query }, signal }))).items;
    },
  });
}

export function dealQuery(id: string) {
  return queryOptions({
    queryKey: salesKey('deal', id, 'all'),
    queryFn: ({ signal }) =>
      ask(api.GET('/api/v1/crm/deals/{id}', { params: { path: { id } }, signal })),
  });
}

export function dealHistoryQuery(id: string) {
  return queryOptions({
    queryKey: salesKey('deal', id, 'history'),
    queryFn: async ({ signal }) =>
      (await ask(api.GET('/api/v1/crm/deals/{id}/history', { params: { path: { id } }, signal })))
        .items,
  });
}

export async function createDeal(client: QueryClient, body: NewDeal): Promise<Deal> {
  const created = await ask(api.POST('/api/v1/crm/deals', { body }));
  await refreshDeals(client);
  return created;
}

/** Changes some fields, on screen first. Throws `ApiError`, and the old values are back. */
export async function changeDeal(client: QueryClient, id: string, body: DealPatch): Promise<Deal> {
  const { queryKey } = dealQuery(id);
  const before = client.getQueryData(queryKey);
  client.setQueryData(queryKey, (deal) => deal && ({ ...deal, ...body } as Deal));
  try {
    const params = { path: { id } };
    const after = await ask(api.PATCH('/api/v1/crm/deals/{id}', { params, body }));
    client.setQueryData(queryKey, after);
    void refreshDeals(client);
    return after;
  } catch (error) {
    client.setQueryData(queryKey, before);
    throw error;
  }
}

/** Refresh afterwards. Throws `ApiError` with the code `moved_meanwhile` when it is no longer in the stage `expected`. */
export async function moveDeal(client: QueryClient, id: string, body: DealMove): Promise<Deal> {
  const params = { path: { id } };
  const moved = await ask(api.POST('/api/v1/crm/deals/{id}/move', { params, body }));
  client.setQueryData(dealQuery(id).queryKey, moved);
  return moved;
}

export async function deleteDeal(client: QueryClient, id: string): Promise<void> {
  await ask(api.DELETE('/api/v1/crm/deals/{id}', { params: { path: { id } } }));
  client.removeQueries({ queryKey: salesKey('deal', id) });
  await refreshDeals(client);
}

/** Where the tags of deals and the figures of clients may have changed too. */
export function refreshDeals(client: QueryClient): Promise<void> {
  return refreshSales(client, 'board', 'deals', 'deal', 'summary', 'pipelines', 'client', 'tags');
}
