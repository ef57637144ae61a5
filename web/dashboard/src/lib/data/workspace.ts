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

/** What the log is searched for, as the address bar has it; empty: whatever it is. */
export interface AuditFilter {
  action: string;
  actor: string;
  subject: string;
  /** Days, as a date field writes them; both are meant. */
  from: string;
  to: string;
}

/** The filter as the server wants it: days begin and end where the reader is. */
export function auditParameters({ action, actor, subject, from, to }: AuditFilter) {
  const end = midnight(to);
  end?.setDate(end.getDate() + 1);
  return {
    ...(action && { action: action as AuditAction }),
    ...(actor && { actor }),
    ...(subject && { subject }),
    ...(midnight(from) && { from: midnight(from)?.toISOString() ?? '' }),
    ...(end && { to: end.toISOString() }),
  };
}

/** The beginning of a day; none for what is no day. */
function midnight(day: string): Date | null {
  const date = new Date(`${day}T00:00:00`);
  return /^\d{4}-\d\d-\d\d$/.test(day) && !Number.isNaN(date.getTime()) ? date : null;
}

export function auditExportUrl(filter: AuditFilter): string {
  const query = new URLSearchParams(auditParameters(filter)).toString();
  return `/api/v1/audit-log/export.csv${query && `?${query}`}`;
}

export function auditQuery(filter: AuditFilter) {
  return infiniteQueryOptions({
    queryKey: ['audit-log', filter] as const,
    initialPageParam: null as string | null,
    staleTime: 0,
    queryFn: ({ pageParam, signal }) => {
      const query = { ...auditParameters(filter), ...(pageParam && { cursor: pageParam }) };
      return ask(api.GET('/api/v1/audit-log', { params: { query }, signal }));
    },
    getNextPageParam: (page) => page.next_cursor ?? null,
  });
}
