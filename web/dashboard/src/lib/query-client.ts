/** The cache of server data. Live events keep it fresh, so nothing is polled. */
import { MutationCache, QueryCache, QueryClient } from '@tanstack/svelte-query';
import { ApiError } from './api';
import { sessionEnded } from './session.svelte';

const MOST_RETRIES = 2;

export function createQueryClient(): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({ onError: endSessionOn401 }),
    mutationCache: new MutationCache({ onError: endSessionOn401 }),
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        retry: (failures, error) => isPassing(error) && failures < MOST_RETRIES,
      },
    },
  });
}

function endSessionOn401(error: unknown): void {
  if (error instanceof ApiError && error.status === 401) sessionEnded();
}

/** Whether the same call may succeed later without anybody changing something. */
function isPassing(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status >= 500);
}
