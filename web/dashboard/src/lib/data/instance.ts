/** The console of those who run the installation. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/svelte-query';
import type { components } from '$shared/api/schema';
import { api, ask } from '../api';

export type OperatorAction = components['schemas']['OperatorAction'];
export type OperatorLogEntry = components['schemas']['OperatorLogEntry'];

export const INSTANCE = ['instance'] as const;

/** Fails with 404 for everybody who is no operator. */
export function operatorsQuery() {
  return queryOptions({
    queryKey: [...INSTANCE, 'operators'],
    queryFn: async ({ signal }) =>
      (await ask(api.GET('/api/v1/instance/operators', { signal }))).items,
    retry: false,
  });
}

/** Of one workspace, or of all. */
export function operatorLogQuery(tenant_id?: string) {
  return infiniteQueryOptions({
    queryKey: [...INSTANCE, 'log', tenant_id ?? ''],
    queryFn: ({ pageParam, signal }) => {
      const query = { ...(tenant_id && { tenant_id }), ...(pageParam && { cursor: pageParam }) };
      return ask(api.GET('/api/v1/instance/log', { params: { query }, signal }));
    },
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor,
  });
}
