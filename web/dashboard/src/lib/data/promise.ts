/** What it costs to answer alone only when surely right, and the workspace's own reading of the confidence. */
import { queryOptions, type QueryClient } from '@tanstack/svelte-query';
import type { components } from '$shared/api/schema';
import { api, ask, type Channel } from '../api';
import { saveSettings } from './channels';

export type Promised = components['schemas']['Promise'];
export type Level = components['schemas']['PromiseLevel'];

const KEY = ['promise'] as const;

export function promiseQuery() {
  return queryOptions({
    queryKey: KEY,
    // a thousand questions are asked again for it
    staleTime: 5 * 60_000,
    queryFn: ({ signal }) => ask(api.GET('/api/v1/promise', { signal })),
  });
}

/** It is asked for again when it is looked at: more, or fewer, answers are known to be right or wrong. */
export function refreshPromise(client: QueryClient): Promise<void> {
  return client.invalidateQueries({ queryKey: KEY });
}

/** Every channel's bot answers alone from this confidence on. */
export async function setThreshold(
  client: QueryClient,
  channels: readonly Channel[],
  threshold: number,
): Promise<void> {
  for (const channel of channels) {
    await saveSettings(client, channel, { confidence_threshold: threshold });
  }
  await client.invalidateQueries({ queryKey: KEY });
}
