/** Demonstrations for the web sites of others. */
import { infiniteQueryOptions, type QueryClient } from '@tanstack/svelte-query';
import type { components } from '$shared/api/schema';
import { api, ask } from '../api';
import { INSTANCE } from './instance';

export type Demo = components['schemas']['Demo'];
export type DemoState = components['schemas']['DemoState'];
export type DemoFilter = components['schemas']['DemoFilter'];
export type DemoBulkDeleted = components['schemas']['DemoBulkDeleted'];

const KEY = [...INSTANCE, 'demos'] as const;

/** While a site is being read, the list is asked for again after so many milliseconds. */
const AGAIN_MS = 3000;

export function demosQuery(search: string) {
  return infiniteQueryOptions({
    queryKey: [...KEY, search],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => {
      const query = { ...(search && { search }), ...(pageParam && { cursor: pageParam }) };
      return ask(api.GET('/api/v1/instance/demos', { params: { query }, signal }));
    },
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: ({ state }) =>
      state.data?.pages.some(({ items }) => items.some((demo) => demo.state === 'preparing'))
        ? AGAIN_MS
        : false,
  });
}

export async function createDemo(
  client: QueryClient,
  body: { website: string; days: number; messages_a_day: number },
): Promise<Demo> {
  const demo = await ask(api.POST('/api/v1/instance/demos', { body }));
  await refresh(client);
  return demo;
}

export async function deleteDemo(client: QueryClient, id: string): Promise<void> {
  await ask(api.DELETE('/api/v1/instance/demos/{id}', { params: { path: { id } } }));
  await refresh(client);
}

/** What would go. */
export function countDemos(filter: DemoFilter): Promise<DemoBulkDeleted> {
  const body = { filter, dry_run: true };
  return ask(api.POST('/api/v1/instance/demos/bulk-delete', { body }));
}

/** Takes what was counted, and no more. */
export async function deleteDemos(
  client: QueryClient,
  filter: DemoFilter,
  counted: DemoBulkDeleted,
): Promise<void> {
  const body = { filter, seen_at: counted.seen_at, at_most: counted.demos };
  await ask(api.POST('/api/v1/instance/demos/bulk-delete', { body }));
  await refresh(client);
}

function refresh(client: QueryClient): Promise<void> {
  return client.invalidateQueries({ queryKey: INSTANCE });
}
