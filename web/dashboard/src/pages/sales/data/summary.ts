/** How sales stand: this month, unless other days are asked for. */
import { queryOptions } from '@tanstack/svelte-query';
import { api, ask } from '$lib/api';
import { salesKey } from '$lib/crm/keys';

export function summaryQuery() {
  return queryOptions({
    queryKey: salesKey('summary'),
    queryFn: ({ signal }) => ask(api.GET('/api/v1/crm/summary', { signal })),
  });
}
