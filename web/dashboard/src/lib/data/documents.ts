/** Files that are read, cut into passages and answered from. */
import { queryOptions, type QueryClient } from '@tanstack/svelte-query';
import type { components, paths } from '$shared/api/schema';
import { t } from '../../i18n/index.svelte';
import { api, ApiError, ask } from '../api';
import { tellingFetch } from '../upload';
import type { Upload } from '../upload-queue.svelte';

/** Not to be confused with the browser's own `Document`. */
export type KnowledgeDocument = components['schemas']['Document'];
type ListOfPassages = paths['/api/v1/documents/{id}/passages']['get'];
export type Passage =
  ListOfPassages['responses'][200]['content']['application/json']['items'][number];

/** What the server can read; the browser's dialog offers these first. */
export const FILE_KINDS = '.pdf,.docx,.doc,.xlsx,.xls,.pptx,.ppt,.html,.htm,.md,.txt,.csv,.tsv';

/** The server refuses larger ones, but only when it has been sent them. */
const LARGEST_BYTES = 20 * 1024 * 1024;
const LIST = 'documents';

export function documentsQuery() {
  return queryOptions({
    queryKey: [LIST, 'list'] as const,
    queryFn: async ({ signal }) => (await ask(api.GET('/api/v1/documents', { signal }))).items,
  });
}

export function passagesQuery(id: string) {
  return queryOptions({
    queryKey: [LIST, 'passages', id] as const,
    queryFn: async ({ signal }) => {
      const params = { path: { id } };
      return (await ask(api.GET('/api/v1/documents/{id}/passages', { params, signal }))).items;
    },
  });
}

/** Where the original is downloaded from. */
export function fileUrl({ id }: KnowledgeDocument): string {
  return `/api/v1/documents/${encodeURIComponent(id)}/file`;
}

/** Adds a document, or gives one another file. It is read afterwards. */
export async function sendDocument(
  client: QueryClient,
  { file, replaces }: Pick<Upload, 'file' | 'replaces'>,
  onprogress: (part: number) => void,
  signal: AbortSignal,
): Promise<void> {
  if (file.size > LARGEST_BYTES) throw new ApiError(413, 'too_large', t('documents.tooLarge'));
  const query = { filename: file.name };
  const init = {
    // Sent as it is; its description knows bytes only as numbers.
    body: [],
    bodySerializer: () => file,
    headers: { 'content-type': file.type || 'application/octet-stream' },
    fetch: tellingFetch(onprogress),
    signal,
  };
  if (replaces === null) {
    await ask(api.POST('/api/v1/documents/files', { ...init, params: { query } }));
  } else {
    const params = { query, path: { id: replaces } };
    await ask(api.PUT('/api/v1/documents/{id}/file', { ...init, params }));
  }
  await refreshDocuments(client);
}

/** Reads one again whose reading has failed. */
export async function retryDocument(client: QueryClient, id: string): Promise<void> {
  await ask(api.POST('/api/v1/documents/{id}/retry', { params: { path: { id } } }));
  await refreshDocuments(client);
}

export async function deleteDocument(client: QueryClient, id: string): Promise<void> {
  await ask(api.DELETE('/api/v1/documents/{id}', { params: { path: { id } } }));
  await refreshDocuments(client);
}

function refreshDocuments(client: QueryClient): Promise<void> {
  return client.invalidateQueries({ queryKey: [LIST] });
}
