/** Orders: what clients have bought. */
import { infiniteQueryOptions, queryOptions, type QueryClient } from '@tanstack/svelte-query';
import { api, ask } from '$lib/api';
import { refreshSales, salesKey } from '$lib/crm/keys';
import type { Filter, Order, OrderInput, SheetInput } from './types';

const PAGE_SIZE = 50;

export function ordersQuery(filter: Filter, sort: string) {
  return infiniteQueryOptions({
    queryKey: salesKey('orders', 'list', filter, sort),
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => {
      const query = { ...filter, sort, limit: PAGE_SIZE, ...(pageParam && { cursor: pageParam }) };
      return ask(api.GET('/api/v1/crm/orders', { params: { query }, signal }));
    },
    getNextPageParam: (page) => page.next_cursor ?? null,
  });
}

export function orderQuery(id: string) {
  return queryOptions({
    queryKey: salesKey('orders', 'one', id),
    queryFn: ({ signal }) =>
      ask(api.GET('/api/v1/crm/orders/{id}', { params: { path: { id } }, signal })),
  });
}

/** Adds an order, or changes the one with this id. */
export async function saveOrder(
  client: QueryClient,
  id: string | null,
  body: OrderInput,
): Promise<Order> {
  const saved = await (id
    ? ask(api.PATCH('/api/v1/crm/orders/{id}', { params: { path: { id } }, body }))
    : ask(api.POST('/api/v1/crm/orders', { body })));
  client.setQueryData(orderQuery(saved.id).queryKey, saved);
  await refreshOrders(client);
  return saved;
}

export async function deleteOrder(client: QueryClient, id: string): Promise<void> {
  await ask(api.DELETE('/api/v1/crm/orders/{id}', { params: { path: { id } } }));
  client.removeQueries({ queryKey: orderQuery(id).queryKey });
  await refreshOrders(client);
}

export async function importOrders(client: QueryClient, body: SheetInput) {
  const report = await ask(api.POST('/api/v1/crm/orders/import', { body, fetch: slowly }));
  if (!body.dry_run) await refreshOrders(client);
  return report;
}

/** An order counts into the figures of its client. */
function refreshOrders(client: QueryClient): Promise<void> {
  return refreshSales(client, 'orders', 'client', 'clients', 'deal', 'summary');
}

/** A file of 10,000 rows takes longer than other calls. */
const IMPORT_MS = 5 * 60_000;
const slowly = (request: Request) => fetch(request, { signal: AbortSignal.timeout(IMPORT_MS) });

/** Where the file comes from: everything that the filter finds. */
export function ordersExportUrl(filter: Filter): string {
  const query = new URLSearchParams(filter).toString();
  return `/api/v1/crm/orders/export.csv${query && `?${query}`}`;
}
