/** What the workspace's plan has, and how much of it is used. */
import { queryOptions } from '@tanstack/svelte-query';
import type { components } from '$shared/api/schema';
import { api, ask } from '../api';

type Schemas = components['schemas'];
export type WorkspacePlan = Schemas['WorkspacePlan'];
export type PlanUse = Schemas['PlanUse'];
export type Plan = Schemas['Plan'];
export type PlanResource = Schemas['PlanResource'];
export type PlanLevel = Schemas['PlanLevel'];

const DAY_MS = 24 * 60 * 60 * 1000;
/** So many days before its end a trial is spoken of. */
const TRIAL_DAYS = 7;

/** Read again now and then: it is used up while people work. */
export function planQuery(enabled = true) {
  return queryOptions({
    queryKey: ['plan'] as const,
    queryFn: ({ signal }) => ask(api.GET('/api/v1/plan', { signal })),
    refetchInterval: 5 * 60 * 1000,
    enabled,
  });
}

/** What is used up while people work; seats and channels are not. */
export function runningOut({ uses }: WorkspacePlan): PlanUse[] {
  return uses.filter(
    ({ resource, level }) => level !== 'fine' && resource !== 'seats' && resource !== 'channels',
  );
}

/** When a trial ends that ends soon. */
export function trialEnd({ trial_ends_at }: WorkspacePlan, now: number): string | null {
  if (!trial_ends_at) return null;
  return Date.parse(trial_ends_at) - now <= TRIAL_DAYS * DAY_MS ? trial_ends_at : null;
}
