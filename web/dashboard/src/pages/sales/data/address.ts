/** Filters and order of a list as the address has them. The names are those of the API. */
import { router } from '$lib/router.svelte';
import type { Filter } from './types';

/** The filters within the address that the API knows, always in the same order. Reactive. */
export function filterOf(names: readonly string[]): Filter {
  const found = names.flatMap((name) => {
    const value = router.query(name);
    return value ? [[name, value] as const] : [];
  });
  return Object.fromEntries(found);
}

/** What a click on a column's head means: the way that is wanted first, then the other one. Pure. */
export function nextSort(sort: string, column: string, isDownFirst: boolean): string {
  if (sort === column) return `-${column}`;
  if (sort === `-${column}`) return column;
  return isDownFirst ? `-${column}` : column;
}

/** Everything but the words searched for. */
export function clearFilters(names: readonly string[]): void {
  router.setQuery(Object.fromEntries(names.map((name) => [name, null])));
}
