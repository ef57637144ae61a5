/** Work that the knowledge asks for by itself: contradictions, wrong answers, old dates, answers that nobody needs. */
import { queryOptions, type QueryClient } from '@tanstack/svelte-query';
import type { components } from '$shared/api/schema';
import { api, ask } from '../api';

type Schemas = components['schemas'];
export type Upkeep = Schemas['Upkeep'];
export type Contradiction = Schemas['Contradiction'];
export type UpkeepDismissal = Schemas['UpkeepDismissal'];

const UPKEEP = ['upkeep'] as const;

export function upkeepQuery() {
  return queryOptions({
    queryKey: UPKEEP,
    queryFn: ({ signal }) => ask(api.GET('/api/v1/upkeep', { signal })),
  });
}

/** The finding stays away until the answer changes. */
export async function dismissFinding(client: QueryClient, finding: UpkeepDismissal): Promise<void> {
  await ask(api.POST('/api/v1/upkeep/dismissals', { body: finding }));
  await client.invalidateQueries({ queryKey: UPKEEP });
}
