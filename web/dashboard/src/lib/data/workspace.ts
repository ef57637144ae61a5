/** What the business says about itself, and the log of privileged changes. */
import { infiniteQueryOptions, queryOptions, type QueryClient } from '@tanstack/svelte-query';
import type { components } from '$shared/api/schema';
import { api, ask } from '../api';
import { refreshSession } from '../session.svelte';

export type WorkspaceSettings = components['schemas']['WorkspaceSettings'];
export type WorkspacePatch = components['schemas']['WorkspacePatch'];
export type AuditAction = components['schemas']['AuditAction'];

const WORKSPACE = ['workspace'] as const;

export function workspaceQuery() {
  return queryOptions({
    queryKey: WORKSPACE,
    queryFn: ({ signal }) => ask(api.GET('/api/v1/workspace', { signal })),
  });
}

export async function saveWorkspace(
  client: QueryClient,
  body: WorkspacePatch,
): Promise<WorkspaceSettings> {
  const saved = await ask(api.PATCH('/api/v1/workspace', { body }));
  client.setQueryData(WORKSPACE, saved);
  await refreshSession();
  return saved;
}

export function auditQuery(action: string) {
  return infiniteQueryOptions({
    queryKey: ['audit-log', action] as const,
    initialPageParam: null as string | null,
    staleTime: 0,
    queryFn: ({ pageParam, signal }) => {
      const query = {
        ...(action && { action: action as AuditAction }),
        ...(pageParam && { cursor: pageParam }),
      };
      return ask(api.GET('/api/v1/audit-log', { params: { query }, signal }));
    },
    getNextPageParam: (page) => page.next_cursor ?? null,
  });
}
