/** What plans say, and what each workspace is on: for those who run the installation. */
import { queryOptions, type QueryClient } from '@tanstack/svelte-query';
import type { components } from '$shared/api/schema';
import { api, ask } from '../api';
import { INSTANCE } from './instance';
import type { Plan } from './plan';

type Schemas = components['schemas'];
export type PlanTerms = Schemas['PlanTerms'];
export type PlanLimit = Schemas['PlanLimit'];
export type TenantPlan = Schemas['TenantPlan'];
export type TenantPlanPatch = Schemas['TenantPlanPatch'];

const TERMS = [...INSTANCE, 'plans'] as const;
const tenantKey = (id: string) => [...INSTANCE, 'tenant-plan', id] as const;

export function planTermsQuery() {
  return queryOptions({
    queryKey: TERMS,
    queryFn: ({ signal }) => ask(api.GET('/api/v1/instance/plans', { signal })),
  });
}

export async function savePlan(
  client: QueryClient,
  plan: Plan,
  limits: PlanLimit[],
): Promise<PlanTerms> {
  const init = { params: { path: { plan } }, body: { limits } };
  const terms = await ask(api.PATCH('/api/v1/instance/plans/{plan}', init));
  client.setQueryData(TERMS, terms);
  return terms;
}

export async function saveTrialDays(
  client: QueryClient,
  trial_days: number | null,
): Promise<PlanTerms> {
  const terms = await ask(api.PATCH('/api/v1/instance/plans', { body: { trial_days } }));
  client.setQueryData(TERMS, terms);
  return terms;
}

export function tenantPlanQuery(id: string) {
  return queryOptions({
    queryKey: tenantKey(id),
    queryFn: ({ signal }) =>
      ask(api.GET('/api/v1/instance/tenants/{id}/plan', { params: { path: { id } }, signal })),
  });
}

export async function saveTenantPlan(
  client: QueryClient,
  id: string,
  body: TenantPlanPatch,
): Promise<TenantPlan> {
  const init = { params: { path: { id } }, body };
  const plan = await ask(api.PATCH('/api/v1/instance/tenants/{id}/plan', init));
  client.setQueryData(tenantKey(id), plan);
  await client.invalidateQueries({ queryKey: INSTANCE });
  return plan;
}
