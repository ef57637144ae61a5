/** Changes to cached data that do not come from a fetch. */
import type { InfiniteData, QueryClient, QueryKey } from '@tanstack/svelte-query';

/** One page of any list of the API. */
export interface Page<Item> {
  items: Item[];
  next_cursor?: string | null;
}
export type Pages<Item> = InfiniteData<Page<Item>, string | null>;

export function allItems<Item>(data: { pages: Page<Item>[] } | undefined): Item[] {
  return data?.pages.flatMap((page) => page.items) ?? [];
}

/** The same pages with one item in another's place. */
export function changeItem<Item>(data: Pages<Item>, old: Item, item: Item): Pages<Item> {
  const pages = data.pages.map((page) => {
    const index = page.items.indexOf(old);
    return index < 0 ? page : { ...page, items: page.items.with(index, item) };
  });
  return { ...data, pages };
}

/** The same pages with every item passed through `change`; null takes it out. */
export function changeItems<Item>(
  data: Pages<Item>,
  change: (item: Item) => Item | null,
): Pages<Item> {
  const pages = data.pages.map((page) => ({
    ...page,
    items: page.items.map(change).filter((item) => item !== null),
  }));
  return { ...data, pages };
}

const waiting = new Set<string>();

/**
 * Fetches once more whatever under this key is being fetched right now: its answer may be older than the event
 * that has just come.
 */
export function refetchAfterFetch(client: QueryClient, queryKey: QueryKey): void {
  const fetching = client.getQueryCache().findAll({ queryKey, fetchStatus: 'fetching' });
  for (const { queryHash, queryKey: exactKey, promise } of fetching) {
    if (!promise || waiting.has(queryHash)) continue;
    waiting.add(queryHash);
    const again = () => {
      waiting.delete(queryHash);
      return client.invalidateQueries({ queryKey: exactKey, exact: true });
    };
    void promise.then(again, again);
  }
}
