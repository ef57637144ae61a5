/** Topics: read, named, put together. */
import { infiniteQueryOptions, queryOptions, type QueryClient } from '@tanstack/svelte-query';
import { withParameters, type Query, type View } from '../address';
import { read, write } from '../api';
import type { TopicDetails, TopicList, TopicMessages } from './types';

const PATH = '/api/v1/analytics/topics';
const TOPICS = ['analytics', 'topics'] as const;
const PAGE_SIZE = '50';
const LOOK_EVERY_MS = 2_000;

/** What narrows topics, by the names that their part of the API has. */
export function topicFilter({ dates, filters }: View): Query {
  const { channel_id, language } = filters;
  return {
    ...dates,
    ...(channel_id && { channel_id }),
    ...(language && { language: language === 'none' ? 'und' : language }),
  };
}

export function topicsQuery(query: Query) {
  return queryOptions({
    queryKey: [...TOPICS, 'list', query],
    queryFn: ({ signal }) => read<TopicList>(PATH, query, signal),
    refetchInterval: ({ state }) => (state.data?.is_running ? LOOK_EVERY_MS : false),
  });
}

export function topicsCsv(query: Query): string {
  return withParameters(PATH, { ...query, format: 'csv' });
}

export function topicQuery(id: string, query: Query) {
  return queryOptions({
    queryKey: [...TOPICS, 'one', id, query],
    queryFn: ({ signal }) => read<TopicDetails>(pathOf(id), query, signal),
  });
}

/** `id` may be `none`: what is like nothing that others ask. */
export function topicMessagesQuery(id: string, query: Query) {
  return infiniteQueryOptions({
    queryKey: [...TOPICS, 'messages', id, query],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => {
      const page = { ...query, limit: PAGE_SIZE, ...(pageParam && { cursor: pageParam }) };
      return read<TopicMessages>(`${pathOf(id)}/messages`, page, signal);
    },
    getNextPageParam: (page) => page.next_cursor ?? null,
  });
}

/** `label: null` names it by its words again. */
export async function changeTopic(
  client: QueryClient,
  id: string,
  body: { label?: string | null; is_hidden?: boolean },
): Promise<void> {
  await write('PATCH', pathOf(id), body);
  await refresh(client);
}

/** What is said of the one is said of the other from now on. */
export async function mergeTopics(client: QueryClient, id: string, into: string): Promise<void> {
  await write('POST', `${pathOf(id)}/merge`, { into });
  await refresh(client);
}

export async function separateTopic(client: QueryClient, id: string): Promise<void> {
  await write('POST', `${pathOf(id)}/separate`);
  await refresh(client);
}

/** Looks at the messages of today now, not at night. */
export async function lookNow(client: QueryClient): Promise<void> {
  await write('POST', `${PATH}/refresh`);
  await refresh(client);
}

const pathOf = (id: string) => `${PATH}/${encodeURIComponent(id)}`;

function refresh(client: QueryClient): Promise<void> {
  return client.invalidateQueries({ queryKey: TOPICS });
}
