/** The console of those who run the installation. */
import { infiniteQueryOptions, queryOptions, type QueryClient } from '@tanstack/svelte-query';
import type { components } from '$shared/api/schema';
import { BASE } from '../address';
import { api, ask } from '../api';

export type OperatorAction = components['schemas']['OperatorAction'];
export type OperatorLogEntry = components['schemas']['OperatorLogEntry'];
export type TenantRow = components['schemas']['TenantRow'];
export type TenantDetails = components['schemas']['TenantDetails'];
export type NewTenant = components['schemas']['NewTenantInput'];
export type CreatedTenant = components['schemas']['CreatedTenant'];
export type RemovedTenant = components['schemas']['RemovedTenant'];

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

export interface TenantFilter {
  q: string;
  status: string;
  plan: string;
  /** Only where something fails. */
  failing: string;
  /** A column, with `-` before it the other way round. */
  sort: string;
}

export function tenantsQuery({ q, status, plan, failing, sort }: TenantFilter) {
  return infiniteQueryOptions({
    queryKey: [...INSTANCE, 'tenants', { q, status, plan, failing, sort }],
    queryFn: ({ pageParam, signal }) => {
      const query = {
        ...(q && { q }),
        ...(status && { status }),
        ...(plan && { plan }),
        ...(failing && { is_failing: true }),
        ...(sort && { sort }),
        ...(pageParam && { cursor: pageParam }),
      };
      return ask(api.GET('/api/v1/instance/tenants', { params: { query }, signal }));
    },
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor,
  });
}

export function tenantQuery(id: string) {
  return queryOptions({
    queryKey: [...INSTANCE, 'tenant', id],
    queryFn: ({ signal }) =>
      ask(api.GET('/api/v1/instance/tenants/{id}', { params: { path: { id } }, signal })),
  });
}

/** Gives the link for the owner, which cannot be read again. */
export async function createTenant(client: QueryClient, body: NewTenant): Promise<CreatedTenant> {
  const created = await ask(api.POST('/api/v1/instance/tenants', { body }));
  await client.invalidateQueries({ queryKey: INSTANCE });
  return created;
}

export async function suspendTenant(client: QueryClient, id: string, note: string): Promise<void> {
  const init = { params: { path: { id } }, body: { note } };
  await ask(api.POST('/api/v1/instance/tenants/{id}/suspend', init));
  await client.invalidateQueries({ queryKey: INSTANCE });
}

export async function resumeTenant(client: QueryClient, id: string): Promise<void> {
  await ask(api.POST('/api/v1/instance/tenants/{id}/resume', { params: { path: { id } } }));
  await client.invalidateQueries({ queryKey: INSTANCE });
}

/** Gives the receipt. */
export async function deleteTenant(
  client: QueryClient,
  id: string,
  slug: string,
): Promise<RemovedTenant> {
  const init = { params: { path: { id } }, body: { slug } };
  const removed = await ask(api.DELETE('/api/v1/instance/tenants/{id}', init));
  client.removeQueries({ queryKey: [...INSTANCE, 'tenant', id] });
  await client.invalidateQueries({ queryKey: INSTANCE });
  return removed;
}

/** Goes into a workspace whose owner allows it. The page is loaded anew: nothing of one's own stays on screen. */
export async function visitTenant(id: string): Promise<void> {
  const init = { params: { path: { id } } };
  const { slug } = await ask(api.POST('/api/v1/instance/tenants/{id}/visit', init));
  location.assign(`${BASE}/${encodeURIComponent(slug)}/inbox`);
}

export async function leaveTenant(): Promise<void> {
  await ask(api.DELETE('/api/v1/instance/visit'));
  location.assign(`${BASE}/_instance/workspaces`);
}
