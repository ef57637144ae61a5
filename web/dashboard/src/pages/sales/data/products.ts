/** Products: what is sold, at which price. */
import { infiniteQueryOptions, queryOptions, type QueryClient } from '@tanstack/svelte-query';
import { api, ask } from '$lib/api';
import { refreshSales, salesKey } from '$lib/crm/keys';
import type { Filter, Product, ProductInput, SheetInput } from './types';

const PAGE_SIZE = 50;

export function productsQuery(filter: Filter, sort: string) {
  return infiniteQueryOptions({
    queryKey: salesKey('products', 'list', filter, sort),
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => {
      const { is_active, ...rest } = filter;
      const query = {
        ...rest,
        ...(is_active && { is_active: is_active === 'true' }),
        sort,
        limit: PAGE_SIZE,
        ...(pageParam && { cursor: pageParam }),
      };
      return ask(api.GET('/api/v1/crm/products', { params: { query }, signal }));
    },
    getNextPageParam: (page) => page.next_cursor ?? null,
  });
}

export function productQuery(id: string) {
  return queryOptions({
    queryKey: salesKey('products', 'one', id),
    queryFn: ({ signal }) =>
      ask(api.GET('/api/v1/crm/products/{id}', { params: { path: { id } }, signal })),
  });
}

export function categoriesQuery() {
  return queryOptions({
    queryKey: salesKey('products', 'categories'),
    queryFn: async ({ signal }) =>
      (await ask(api.GET('/api/v1/crm/products/categories', { signal }))).items,
  });
}

/** A few active products that have these words; for choosing one. */
export function productSearchQuery(q: string) {
  return queryOptions({
    queryKey: salesKey('products', 'search', q),
    queryFn: async ({ signal }) => {
      const query = { ...(q && { q }), is_active: true, limit: 8 };
      return (await ask(api.GET('/api/v1/crm/products', { params: { query }, signal }))).items;
    },
  });
}

/** Adds a product, or changes the one with this id. */
export async function saveProduct(
  client: QueryClient,
  id: string | null,
  body: ProductInput,
): Promise<Product> {
  const saved = await (id
    ? ask(api.PATCH('/api/v1/crm/products/{id}', { params: { path: { id } }, body }))
    : ask(api.POST('/api/v1/crm/products', { body })));
  await refreshSales(client, 'products');
  return saved;
}

export async function deleteProduct(client: QueryClient, id: string): Promise<void> {
  await ask(api.DELETE('/api/v1/crm/products/{id}', { params: { path: { id } } }));
  await refreshSales(client, 'products');
}

export async function importProducts(client: QueryClient, body: SheetInput) {
  const report = await ask(api.POST('/api/v1/crm/products/import', { body, fetch: slowly }));
  if (!body.dry_run) await refreshSales(client, 'products');
  return report;
}

/** A file of 10,000 rows takes longer than other calls. */
const IMPORT_MS = 5 * 60_000;
const slowly = (request: Request) => fetch(request, { signal: AbortSignal.timeout(IMPORT_MS) });

/** Where the file comes from: everything that the filter finds. */
export function productsExportUrl(filter: Filter): string {
  const query = new URLSearchParams(filter).toString();
  return `/api/v1/crm/products/export.csv${query && `?${query}`}`;
}
