/** Work that the knowledge asks for by itself: contradictions, wrong answers, old dates, answers that nobody needs. */
import { queryOptions, type QueryClient } from '@tanstack/svelte-query';
import type { components } from '$shared/api/schema';
import { api, ask } from '../api';
import { refreshGaps } from './gaps';

type Schemas = components['schemas'];
export type Upkeep = Schemas['Upkeep'];
export type Contradiction = Schemas['Contradiction'];
export type AgainstDocument = Schemas['AgainstDocument'];
export type DislikedQuestion = Schemas['DislikedQuestion'];
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

/** The question of an answer that was not liked, as if it had been asked in vain. */
export async function putIntoGaps(client: QueryClient, answerId: string): Promise<void> {
  await ask(api.POST('/api/v1/answers/{id}/gap', { params: { path: { id: answerId } } }));
  await Promise.all([client.invalidateQueries({ queryKey: UPKEEP }), refreshGaps(client)]);
}
