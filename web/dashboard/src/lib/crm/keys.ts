/** Names of what is kept of sales. All begin with `sales`, so that a live event makes all of it be read again. */
import type { QueryClient } from '@tanstack/svelte-query';

const SALES = 'sales';

type Area =
  | 'clients'
  | 'client'
  | 'duplicates'
  | 'segments'
  | 'fields'
  | 'tags'
  | 'activities'
  | 'notes'
  | 'settings'
  | 'pipelines'
  | 'deals'
  | 'deal'
  | 'board'
  | 'products'
  | 'orders'
  | 'summary';

/** `salesKey('client', id, 'timeline')`. */
export function salesKey<Rest extends readonly unknown[]>(area: Area, ...rest: Rest) {
  return [SALES, area, ...rest] as const;
}

/** Reads again what is on screen, and the rest when it is shown next. Without areas: all of it. */
export async function refreshSales(client: QueryClient, ...areas: Area[]): Promise<void> {
  const keys = areas.length > 0 ? areas.map((area) => [SALES, area]) : [[SALES]];
  await Promise.all(keys.map((queryKey) => client.invalidateQueries({ queryKey })));
}
