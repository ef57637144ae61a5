/** Numbers, what they mean, and what is behind them. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/svelte-query';
import { withParameters, type Behind, type PageId, type Query } from './address';
import { read } from './api';
import type { BehindPage, Metric, PageData } from './types';

const ANALYTICS = 'analytics';
const PAGE_SIZE = '50';
const AGAIN_MS = 20_000;

/** The part of the API that has a page's numbers. */
const sourceOf = (page: PageId) => (page === 'topics' ? 'gaps' : page);

export function pageQuery(page: PageId, query: Query) {
  return queryOptions({
    queryKey: [ANALYTICS, page, query],
    queryFn: ({ signal }) => read<PageData>(`/api/v1/analytics/${sourceOf(page)}`, query, signal),
    // right after an upgrade some of it is still being counted
    refetchInterval: ({ state }) => (state.data?.range.is_current === false ? AGAIN_MS : false),
  });
}

/** What each number is called, and what exactly it counts. */
export function metricsQuery() {
  return queryOptions({
    queryKey: [ANALYTICS, 'metrics'],
    staleTime: Infinity,
    queryFn: async ({ signal }): Promise<Record<string, Metric>> => {
      const { items } = await read<{ items: Metric[] }>('/api/v1/analytics/metrics', {}, signal);
      return Object.fromEntries(items.map((one) => [one.metric, one]));
    },
  });
}

/** Where the file of a page's figures comes from, or of one of its charts. */
export function pageCsv(page: PageId, query: Query, chart?: string): string {
  return withParameters(`/api/v1/analytics/${sourceOf(page)}`, {
    ...query,
    format: 'csv',
    ...(chart && { chart }),
  });
}

export function behindQuery({ metric, items, filter }: Behind, query: Query) {
  const all = { ...query, ...filter };
  return infiniteQueryOptions({
    queryKey: [ANALYTICS, 'behind', metric, items, all],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => {
      const page = { ...all, limit: PAGE_SIZE, ...(pageParam && { cursor: pageParam }) };
      return read<BehindPage>(`/api/v1/analytics/${metric}/${items}`, page, signal);
    },
    getNextPageParam: (page) => page.next_cursor ?? null,
  });
}

export function behindCsv({ metric, items, filter }: Behind, query: Query): string {
  const path = `/api/v1/analytics/${metric}/${items}`;
  return withParameters(path, { ...query, ...filter, format: 'csv' });
}
