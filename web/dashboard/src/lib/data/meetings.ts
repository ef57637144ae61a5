/** Meetings with visitors: today's, those of a conversation, and how they are booked. */
import { queryOptions, type QueryClient } from '@tanstack/svelte-query';
import type { components } from '$shared/api/schema';
import { api, ask } from '../api';

type Schemas = components['schemas'];
export type Meeting = Schemas['Meeting'];
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
): Promise<void> {
  const settings = await ask(api.PATCH('/api/v1/meetings/settings', { body }));
  client.setQueryData(meetingSettingsQuery().queryKey, settings);
}
