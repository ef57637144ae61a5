/** Versions of the knowledge, drafts of new ones, and what a draft would do to past questions. */
import { infiniteQueryOptions, queryOptions, type QueryClient } from '@tanstack/svelte-query';
import type { components } from '$shared/api/schema';
import { api, ApiError, ask } from '../api';
import { channelsQuery } from './channels';
import { refreshGaps } from './gaps';
import { refreshKnowledge } from './knowledge';

type Schemas = components['schemas'];
export type Version = Schemas['Version'];
export type VersionWithChanges = Schemas['VersionWithChanges'];
export type VersionChange = Schemas['VersionChange'];
export type NewVersionChange = Schemas['NewVersionChange'];
export type QaPairState = Schemas['QaPairState'];
export type Backtest = Schemas['Backtest'];
export type BacktestWithDifferences = Schemas['BacktestWithDifferences'];
export type BacktestDifference = Schemas['BacktestDifference'];
export type Outcome = Schemas['Outcome'];
export type Publish = Schemas['Publish'];
export type Published = Schemas['Published'];
export type PublishRule = Schemas['PublishRule'];
/** An open draft by its `id`, or a new one with this `title`. */
export type DraftChoice = Schemas['DraftChoice'];

const LIST = 'versions';
const PAGE_SIZE = 50;
/** Asking a thousand questions again takes longer than other calls. */
const BACKTEST_MS = 5 * 60_000;

/** The newest first; `subject_id` leaves those that changed this one thing. */
export function versionsQuery(status: Version['status'], subject_id = '') {
  return infiniteQueryOptions({
    queryKey: [LIST, 'list', status, subject_id] as const,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => {
      const query = {
        status,
        limit: PAGE_SIZE,
        ...(subject_id && { subject_id }),
        ...(pageParam && { cursor: pageParam }),
      };
      return ask(api.GET('/api/v1/versions', { params: { query }, signal }));
    },
    getNextPageParam: (page) => page.next_cursor ?? null,
  });
}

export function versionQuery(id: string) {
  return queryOptions({
    queryKey: [LIST, 'one', id] as const,
    queryFn: ({ signal }) =>
      ask(api.GET('/api/v1/versions/{id}', { params: { path: { id } }, signal })),
  });
}

/** Null for a draft that was never tried. */
export function backtestQuery(id: string) {
  return queryOptions({
    queryKey: [LIST, 'backtest', id] as const,
    queryFn: async ({ signal }): Promise<BacktestWithDifferences | null> => {
      const params = { path: { id } };
      try {
        return await ask(api.GET('/api/v1/drafts/{id}/backtest', { params, signal }));
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) return null;
        throw error;
      }
    },
  });
}

export function publishingQuery() {
  return queryOptions({
    queryKey: [LIST, 'publishing'] as const,
    queryFn: ({ signal }) => ask(api.GET('/api/v1/publishing', { signal })),
  });
}

export async function setPublishRule(client: QueryClient, rule: PublishRule): Promise<void> {
  const saved = await ask(api.PUT('/api/v1/publishing', { body: { rule } }));
  client.setQueryData(publishingQuery().queryKey, saved);
}

export async function createDraft(
  client: QueryClient,
  title: string,
  changes: NewVersionChange[] = [],
): Promise<VersionWithChanges> {
  return put(client, await ask(api.POST('/api/v1/drafts', { body: { title, changes } })));
}

async function addToDraft(
  client: QueryClient,
  id: string,
  changes: NewVersionChange[],
): Promise<VersionWithChanges> {
  const init = { params: { path: { id } }, body: { changes } };
  return put(client, await ask(api.POST('/api/v1/drafts/{id}/changes', init)));
}

/** Gives the draft's id. */
export async function putIntoDraft(
  client: QueryClient,
  { id, title = '' }: DraftChoice,
  change: NewVersionChange,
): Promise<string> {
  const draft = await (id
    ? addToDraft(client, id, [change])
    : createDraft(client, title, [change]));
  return draft.id;
}

export async function takeOut(client: QueryClient, id: string, change_id: string): Promise<void> {
  const init = { params: { path: { id, change_id } } };
  await put(client, await ask(api.DELETE('/api/v1/drafts/{id}/changes/{change_id}', init)));
}

export async function renameDraft(client: QueryClient, id: string, title: string): Promise<void> {
  const init = { params: { path: { id } }, body: { title } };
  await put(client, await ask(api.PATCH('/api/v1/drafts/{id}', init)));
}

export async function discardDraft(client: QueryClient, id: string): Promise<void> {
  await ask(api.DELETE('/api/v1/drafts/{id}', { params: { path: { id } } }));
  await client.invalidateQueries({ queryKey: [LIST, 'list'] });
}

/** A draft that takes the version back. */
export async function undoVersion(
  client: QueryClient,
  id: string,
  title: string,
): Promise<VersionWithChanges> {
  const init = { params: { path: { id } }, body: { title } };
  return put(client, await ask(api.POST('/api/v1/versions/{id}/undo', init)));
}

/** A draft that brings everything back to how it was right after the version. */
export async function restoreVersion(
  client: QueryClient,
  id: string,
  title: string,
): Promise<VersionWithChanges> {
  const init = { params: { path: { id } }, body: { title } };
  return put(client, await ask(api.POST('/api/v1/versions/{id}/restore', init)));
}

/** Asks past questions again with the draft. The server goes on when the page is left. */
export async function runBacktest(client: QueryClient, id: string): Promise<Backtest> {
  const tried = await ask(
    api.POST('/api/v1/drafts/{id}/backtest', {
      params: { path: { id } },
      fetch: (request: Request) => fetch(request, { signal: AbortSignal.timeout(BACKTEST_MS) }),
    }),
  );
  client.setQueryData(backtestQuery(id).queryKey, tried);
  return tried;
}

export async function publishDraft(
  client: QueryClient,
  id: string,
  body: Publish,
): Promise<Published> {
  const init = { params: { path: { id } }, body };
  const published = await ask(api.POST('/api/v1/drafts/{id}/publish', init));
  await Promise.all([
    client.invalidateQueries({ queryKey: [LIST] }),
    client.invalidateQueries({ queryKey: ['agent-prompts'] }),
    client.invalidateQueries({ queryKey: channelsQuery().queryKey }),
    refreshKnowledge(client),
    refreshGaps(client),
  ]);
  return published;
}

/** Reads a draft and its backtest again: somebody else has changed what stands in them. */
export function refreshVersions(client: QueryClient): Promise<void> {
  return client.invalidateQueries({ queryKey: [LIST] });
}

/** What was tried before was another draft. */
async function put(client: QueryClient, version: VersionWithChanges): Promise<VersionWithChanges> {
  client.setQueryData(versionQuery(version.id).queryKey, version);
  await Promise.all([
    client.invalidateQueries({ queryKey: [LIST, 'list'] }),
    client.invalidateQueries({ queryKey: backtestQuery(version.id).queryKey }),
  ]);
  return version;
}
