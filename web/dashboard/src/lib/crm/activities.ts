/** What is planned with clients and what was done, and notes about them. */
import { infiniteQueryOptions, queryOptions, type QueryClient } from '@tanstack/svelte-query';
import { api, ask } from '../api';
import { refreshSales, salesKey } from './keys';
import type { Activity, ActivityPatch, NewActivity } from './types';

/** Values of the query, under the names of the API. */
export type ActivityFilter = Record<string, string>;

const PAGE_SIZE = 50;

export function activitiesQuery(filter: ActivityFilter, sort: string) {
  return infiniteQueryOptions({
    queryKey: salesKey('activities', 'list', filter, sort),
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => {
      const query = { ...filter, sort, limit: PAGE_SIZE, ...(pageParam && { cursor: pageParam }) };
      return ask(api.GET('/api/v1/crm/activities', { params: { query }, signal }));
    },
    getNextPageParam: (page) => page.next_cursor ?? null,
  });
}

export function activityQuery(id: string) {
  return queryOptions({
    queryKey: salesKey('activities', 'one', id),
    queryFn: ({ signal }) =>
      ask(api.GET('/api/v1/crm/activities/{id}', { params: { path: { id } }, signal })),
  });
}

export async function createActivity(client: QueryClient, body: NewActivity): Promise<Activity> {
  const created = await ask(api.POST('/api/v1/crm/activities', { body }));
  await refreshActivities(client);
  return created;
}

export async function changeActivity(
  client: QueryClient,
  id: string,
  body: ActivityPatch,
): Promise<Activity> {
  const params = { path: { id } };
  const changed = await ask(api.PATCH('/api/v1/crm/activities/{id}', { params, body }));
  await refreshActivities(client);
  return changed;
}

export async function deleteActivity(client: QueryClient, id: string): Promise<void> {
  await ask(api.DELETE('/api/v1/crm/activities/{id}', { params: { path: { id } } }));
  await refreshActivities(client);
}

/** A completed call changes when the client was last spoken to. */
function refreshActivities(client: QueryClient): Promise<void> {
  return refreshSales(client, 'activities', 'client', 'clients', 'deal');
}

/** Of a client or of a deal: `{ client_id }` or `{ deal_id }`. */
export type NoteOwner = { client_id: string } | { deal_id: string };

export function notesQuery(owner: NoteOwner) {
  return queryOptions({
    queryKey: salesKey('notes', owner),
    queryFn: async ({ signal }) =>
      (await ask(api.GET('/api/v1/crm/notes', { params: { query: owner }, signal }))).items,
  });
}

export interface NoteDraft {
  title?: string | null;
  content: string;
  note_type: 'general' | 'call_log' | 'meeting_summary' | 'important';
  is_pinned?: boolean;
}

export async function createNote(
  client: QueryClient,
  owner: NoteOwner,
  draft: NoteDraft,
): Promise<void> {
  await ask(api.POST('/api/v1/crm/notes', { body: { ...owner, ...draft } }));
  await refreshNotes(client);
}

export async function changeNote(
  client: QueryClient,
  id: string,
  body: Partial<NoteDraft>,
): Promise<void> {
  await ask(api.PATCH('/api/v1/crm/notes/{id}', { params: { path: { id } }, body }));
  await refreshNotes(client);
}

export async function deleteNote(client: QueryClient, id: string): Promise<void> {
  await ask(api.DELETE('/api/v1/crm/notes/{id}', { params: { path: { id } } }));
  await refreshNotes(client);
}

function refreshNotes(client: QueryClient): Promise<void> {
  return refreshSales(client, 'notes', 'client', 'deal');
}
