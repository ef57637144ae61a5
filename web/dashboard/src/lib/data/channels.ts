/** The workspace's channels; here only what the install page needs of them. */
import { queryOptions } from '@tanstack/svelte-query';
import { api, ask } from '../api';

export function channelsQuery() {
  return queryOptions({
    queryKey: ['channels'],
    queryFn: ({ signal }) => ask(api.GET('/api/v1/channels', { signal })),
  });
}
