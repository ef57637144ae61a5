/** Meetings with visitors: today's, those of a conversation, and how they are booked. */
import { infiniteQueryOptions, queryOptions, type QueryClient } from '@tanstack/svelte-query';
import type { components } from '$shared/api/schema';
import { api, ask } from '../api';

type Schemas = components['schemas'];
export type Meeting = Schemas['Meeting'];
export type SchedulerSettings = Schemas['SchedulerSettings'];
export type MeetingStatus = Schemas['MeetingStatus'];

const LIST = 'meetings';
/** Nobody has more of them on one day. */
const MOST_A_DAY = 100;

/** From midnight to midnight where the browser is. `day` is any moment of it. */
export function todaysMeetingsQuery(day: number) {
  const from = new Date(day);
  from.setHours(0, 0, 0, 0);
  const to = new Date(from);
  to.setDate(to.getDate() + 1);
  const query = { from: from.toISOString(), to: to.toISOString(), limit: MOST_A_DAY };
  return queryOptions({
    queryKey: [LIST, 'day', query.from] as const,
    queryFn: async ({ signal }) => {
      const init = { params: { query }, signal };
      return (await ask(api.GET('/api/v1/meetings', init))).items;
    },
  });
}

export interface MeetingFilter {
  /** A user id, `me` or `none`; all members without it. */
  assigned_to?: string;
  /** With commas between them; all without it. */
  status?: string;
}

/** Those that end the day or begin later, the earliest first. `from` is the day's beginning. */
export function comingMeetingsQuery(from: string, filter: MeetingFilter) {
  return infiniteQueryOptions({
    queryKey: [LIST, 'coming', from, filter] as const,
    queryFn: async ({ pageParam, signal }) => {
      const query = { ...filter, from, limit: 50, ...(pageParam && { cursor: pageParam }) };
      return ask(api.GET('/api/v1/meetings', { params: { query }, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor ?? null,
  });
}

/** So many days are a page of those that were. */
const DAYS_BACK = 30;

export function daysBefore(iso: string, days = DAYS_BACK): string {
  return new Date(Date.parse(iso) - days * 86_400_000).toISOString();
}

/** Those that began before, the latest first; a page is a month, however many were in it. */
export function pastMeetingsQuery(before: string, filter: MeetingFilter) {
  return infiniteQueryOptions({
    queryKey: [LIST, 'past', before, filter] as const,
    queryFn: async ({ pageParam: to, signal }) => {
      const from = daysBefore(to);
      const items: Meeting[] = [];
      let cursor: string | null | undefined;
      do {
        const query = { ...filter, from, to, limit: 200, ...(cursor && { cursor }) };
        const page = await ask(api.GET('/api/v1/meetings', { params: { query }, signal }));
        items.push(...page.items);
        cursor = page.next_cursor;
      } while (cursor);
      return { items: items.reverse(), next_cursor: from };
    },
    initialPageParam: before,
    getNextPageParam: (page) => page.next_cursor,
  });
}

/** Free times of one member, or of those whom visitors book. */
export function slotsQuery(query: {
  from: string;
  to: string;
  assigned_to?: string;
  duration_minutes: number;
  meeting_id?: string;
}) {
  return queryOptions({
    queryKey: [LIST, 'slots', query] as const,
    queryFn: ({ signal }) => ask(api.GET('/api/v1/meetings/slots', { params: { query }, signal })),
  });
}

export async function createMeeting(
  client: QueryClient,
  body: Schemas['NewMeeting'],
): Promise<void> {
  await ask(api.POST('/api/v1/meetings', { body }));
  await client.invalidateQueries({ queryKey: [LIST] });
}

/** The earliest first. */
export function conversationMeetingsQuery(conversationId: string) {
  return queryOptions({
    queryKey: [LIST, 'conversation', conversationId] as const,
    queryFn: async ({ signal }) => {
      const query = { conversation_id: conversationId };
      return (await ask(api.GET('/api/v1/meetings', { params: { query }, signal }))).items;
    },
  });
}

export async function changeMeeting(
  client: QueryClient,
  id: string,
  body: Schemas['MeetingPatch'],
): Promise<void> {
  await ask(api.PATCH('/api/v1/meetings/{id}', { params: { path: { id } }, body }));
  await client.invalidateQueries({ queryKey: [LIST] });
}

export function meetingSettingsQuery() {
  return queryOptions({
    queryKey: [LIST, 'settings'] as const,
    queryFn: ({ signal }) => ask(api.GET('/api/v1/meetings/settings', { signal })),
  });
}

export async function saveMeetingSettings(
  client: QueryClient,
  body: Schemas['MeetingSettingsPatch'],
): Promise<Schemas['MeetingSettings']> {
  const settings = await ask(api.PATCH('/api/v1/meetings/settings', { body }));
  client.setQueryData(meetingSettingsQuery().queryKey, settings);
  return settings;
}
