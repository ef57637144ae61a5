/** Clients: the list, one of them, what happened with them, many at once, merging, files in and out. */
import { infiniteQueryOptions, queryOptions, type QueryClient } from '@tanstack/svelte-query';
import type { components, paths } from '$shared/api/schema';
import { api, ask } from '../api';
import { refreshSales, salesKey } from './keys';
import type { Client, ClientPatch, NewClient } from './types';

type Schemas = components['schemas'];
export type BulkClientChange = Schemas['ClientsChange'];
export type ClientMerge = Schemas['ClientMerge'];
export type DuplicatePair = Schemas['DuplicatePair'];
type BulkRequest = NonNullable<
  paths['/api/v1/crm/clients/bulk']['post']['requestBody']
>['content']['application/json'];

/** Values of the query as the address has them: the names are those of the API. */
export type ClientFilter = Record<string, string>;

/** Which clients many at once means: the chosen ones, or all that a filter finds. */
export type Chosen = { ids: string[] } | { filter: ClientFilter } | { all: true };

const PAGE_SIZE = 50;
const TIMELINE_SIZE = 30;

export function clientsQuery(filter: ClientFilter, sort: string) {
  return infiniteQueryOptions({
    queryKey: salesKey('clients', 'list', filter, sort),
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => {
      const query = { ...filter, sort, limit: PAGE_SIZE, ...(pageParam && { cursor: pageParam }) };
      return ask(api.GET('/api/v1/crm/clients', { params: { query }, signal }));
    },
    getNextPageParam: (page) => page.next_cursor ?? null,
  });
}

export function clientCountQuery(filter: ClientFilter) {
  return queryOptions({
    queryKey: salesKey('clients', 'count', filter),
    queryFn: ({ signal }) =>
      ask(api.GET('/api/v1/crm/clients/count', { params: { query: filter }, signal })),
  });
}

/** A few clients that have these words; for choosing one. */
export function clientSearchQuery(q: string) {
  return queryOptions({
    queryKey: salesKey('clients', 'search', q),
    queryFn: async ({ signal }) => {
      const query = { ...(q && { q }), limit: 8 };
      return (await ask(api.GET('/api/v1/crm/clients', { params: { query }, signal }))).items;
    },
  });
}

export function clientQuery(id: string) {
  return queryOptions({
    queryKey: salesKey('client', id, 'all'),
    queryFn: ({ signal }) =>
      ask(api.GET('/api/v1/crm/clients/{id}', { params: { path: { id } }, signal })),
  });
}

/** The client that a person of the inbox is, or null. */
export function contactClientQuery(contactId: string) {
  return queryOptions({
    queryKey: salesKey('client', 'of-contact', contactId),
    queryFn: async ({ signal }) => {
      const query = { contact_id: contactId, limit: 1 };
      const { items } = await ask(api.GET('/api/v1/crm/clients', { params: { query }, signal }));
      const [found] = items;
      if (!found) return null;
      const path = { id: found.id };
      return ask(api.GET('/api/v1/crm/clients/{id}', { params: { path }, signal }));
    },
  });
}

export function timelineQuery(id: string, kind: string) {
  return infiniteQueryOptions({
    queryKey: salesKey('client', id, 'timeline', kind),
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => {
      const query = {
        limit: TIMELINE_SIZE,
        ...(kind && { kind }),
        ...(pageParam && { cursor: pageParam }),
      };
      const params = { path: { id }, query };
      return ask(api.GET('/api/v1/crm/clients/{id}/timeline', { params, signal }));
    },
    getNextPageParam: (page) => page.next_cursor ?? null,
  });
}

export function similarClientsQuery(id: string) {
  return queryOptions({
    queryKey: salesKey('client', id, 'similar'),
    queryFn: async ({ signal }) =>
      (await ask(api.GET('/api/v1/crm/clients/{id}/similar', { params: { path: { id } }, signal })))
        .items,
  });
}

/** Pairs of clients with the same address or number; a pair that has both stands there twice. */
export function duplicatesQuery() {
  return infiniteQueryOptions({
    queryKey: salesKey('duplicates'),
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => {
      const query = { limit: PAGE_SIZE, ...(pageParam && { cursor: pageParam }) };
      return ask(api.GET('/api/v1/crm/duplicates', { params: { query }, signal }));
    },
    getNextPageParam: (page) => page.next_cursor ?? null,
  });
}

export function mergesQuery(id: string) {
  return queryOptions({
    queryKey: salesKey('client', id, 'merges'),
    queryFn: async ({ signal }) =>
      (await ask(api.GET('/api/v1/crm/clients/{id}/merges', { params: { path: { id } }, signal })))
        .items,
  });
}

export async function createClient(client: QueryClient, body: NewClient): Promise<Client> {
  const created = await ask(api.POST('/api/v1/crm/clients', { body }));
  await refreshSales(client, 'clients', 'duplicates', 'tags');
  return created;
}

/** Makes a client of a person of the inbox. */
export async function createClientOf(client: QueryClient, contactId: string): Promise<Client> {
  const params = { path: { id: contactId } };
  const created = await ask(api.POST('/api/v1/crm/contacts/{id}/client', { params }));
  await refreshSales(client, 'clients', 'client');
  return created;
}

/** Changes some fields, on screen first. Throws `ApiError`, and the old values are back. */
export async function changeClient(
  client: QueryClient,
  id: string,
  body: ClientPatch,
): Promise<Client> {
  const { queryKey } = clientQuery(id);
  const before = client.getQueryData(queryKey);
  client.setQueryData(queryKey, (one) => one && ({ ...one, ...body } as Client));
  try {
    const after = await ask(
      api.PATCH('/api/v1/crm/clients/{id}', { params: { path: { id } }, body }),
    );
    client.setQueryData(queryKey, after);
    void refreshSales(client, 'clients', 'duplicates', 'tags');
    return after;
  } catch (error) {
    client.setQueryData(queryKey, before);
    throw error;
  }
}

export async function deleteClient(client: QueryClient, id: string): Promise<void> {
  await ask(api.DELETE('/api/v1/crm/clients/{id}', { params: { path: { id } } }));
  void refreshSales(client, 'clients', 'duplicates', 'activities');
}

/** Changes or deletes many. With `dry_run` it only says how many there are. */
export async function changeClients(
  client: QueryClient,
  chosen: Chosen,
  what: { change: BulkClientChange } | { delete: true },
) {
  // The schema calls any object empty.
  const body = { ...chosen, ...what } as BulkRequest;
  const done = await ask(api.POST('/api/v1/crm/clients/bulk', { body }));
  await refreshSales(client);
  return done;
}

/** Says that an address which the visitor has typed is right. */
export async function confirmClient(
  client: QueryClient,
  id: string,
  body: { email: string } | { phone: string },
): Promise<Client> {
  const params = { path: { id } };
  const after = await ask(api.POST('/api/v1/crm/clients/{id}/confirm', { params, body }));
  client.setQueryData(clientQuery(id).queryKey, after);
  void refreshSales(client, 'client', 'duplicates');
  return after;
}

/** Everything of the other client moves to this one. */
export async function mergeClients(client: QueryClient, id: string, merged_id: string) {
  const params = { path: { id } };
  const kept = await ask(
    api.POST('/api/v1/crm/clients/{id}/merge', { params, body: { merged_id } }),
  );
  await refreshSales(client);
  return kept;
}

/** Takes the two apart again. Gives the one that is back. */
export async function undoMerge(client: QueryClient, id: string, merge_id: string) {
  const params = { path: { id, merge_id } };
  const back = await ask(api.POST('/api/v1/crm/clients/{id}/merges/{merge_id}/undo', { params }));
  await refreshSales(client);
  return back;
}

/** Where the file comes from: everything that the filter finds. */
export function clientsExportUrl(filter: ClientFilter): string {
  const query = new URLSearchParams(filter).toString();
  return `/api/v1/crm/clients/export.csv${query && `?${query}`}`;
}
