/** Data that leaves: the workspace as a file, a person's data, and what is deleted by age. */
import { queryOptions, type QueryClient } from '@tanstack/svelte-query';
import type { components } from '$shared/api/schema';
import { api, ask } from '../api';

export type WorkspaceExport = components['schemas']['WorkspaceExport'];
export type Retention = components['schemas']['Retention'];

const EXPORT = ['workspace-export'] as const;
const RETENTION = ['retention'] as const;
const WHILE_WRITING_MS = 1_500;

export function isUnderWay(one: WorkspaceExport | null | undefined): boolean {
  return one?.status === 'waiting' || one?.status === 'running';
}

export function exportQuery() {
  return queryOptions({
    queryKey: EXPORT,
    queryFn: ({ signal }) => ask(api.GET('/api/v1/workspace/export', { signal })),
    refetchInterval: ({ state }) => isUnderWay(state.data?.export) && WHILE_WRITING_MS,
  });
}

export async function beginExport(client: QueryClient): Promise<void> {
  client.setQueryData(EXPORT, await ask(api.POST('/api/v1/workspace/export')));
}

export const EXPORT_FILE = '/api/v1/workspace/export/file';

export function personFile(contact: string): string {
  return `/api/v1/contacts/${contact}/export`;
}

export function retentionQuery() {
  return queryOptions({
    queryKey: RETENTION,
    queryFn: ({ signal }) => ask(api.GET('/api/v1/retention', { signal })),
  });
}

/** What would be deleted now if conversations were kept for so many days. */
export function retentionPreviewQuery(days: number | null) {
  return queryOptions({
    queryKey: ['retention-preview', days] as const,
    enabled: days !== null,
    staleTime: 0,
    queryFn: ({ signal }) => {
      const query = { conversation_days: days ?? 1 };
      return ask(api.GET('/api/v1/retention/preview', { params: { query }, signal }));
    },
  });
}

export async function saveRetention(client: QueryClient, body: Retention): Promise<Retention> {
  const saved = await ask(api.PUT('/api/v1/retention', { body }));
  client.setQueryData(RETENTION, saved);
  return saved;
}
