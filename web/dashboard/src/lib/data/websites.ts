/** Web sites that are read page by page and answered from. */
import { infiniteQueryOptions, queryOptions, type QueryClient } from '@tanstack/svelte-query';
import type { components } from '$shared/api/schema';
import { api, ask } from '../api';

export type Website = components['schemas']['Website'];
export type WebsitePage = components['schemas']['WebsitePage'];
export type PageState = components['schemas']['PageState'];
export type CrawlFrequency = components['schemas']['CrawlFrequency'];
type WebsiteChange = components['schemas']['WebsiteChange'];
export type NewWebsite = components['schemas']['NewWebsite'];

const LIST = 'websites';
const PAGE_SIZE = 100;

export function websitesQuery() {
  return queryOptions({
    queryKey: [LIST, 'list'] as const,
    queryFn: async ({ signal }) => (await ask(api.GET('/api/v1/websites', { signal }))).items,
  });
}

/** `state` null: all of them. */
export function websitePagesQuery(id: string, state: PageState | null) {
  return infiniteQueryOptions({
    queryKey: [LIST, 'pages', id, state] as const,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => {
      const query = {
        limit: PAGE_SIZE,
        ...(state && { state }),
        ...(pageParam && { cursor: pageParam }),
      };
      return ask(
        api.GET('/api/v1/websites/{id}/pages', { params: { path: { id }, query }, signal }),
      );
    },
    getNextPageParam: (page) => page.next_cursor ?? null,
  });
}

/** One page with its text and what is answered from it. */
export function websitePageQuery(id: string, page_id: string) {
  return queryOptions({
    queryKey: [LIST, 'page', id, page_id] as const,
    queryFn: ({ signal }) => {
      const params = { path: { id, page_id } };
      return ask(api.GET('/api/v1/websites/{id}/pages/{page_id}', { params, signal }));
    },
  });
}

export async function addWebsite(client: QueryClient, body: NewWebsite): Promise<Website> {
  const website = await ask(api.POST('/api/v1/websites', { body }));
  await refresh(client);
  return website;
}

export async function changeWebsite(
  client: QueryClient,
  id: string,
  body: WebsiteChange,
): Promise<void> {
  await ask(api.PATCH('/api/v1/websites/{id}', { params: { path: { id } }, body }));
  await refresh(client);
}

export async function crawlWebsite(client: QueryClient, id: string): Promise<void> {
  await ask(api.POST('/api/v1/websites/{id}/crawl', { params: { path: { id } } }));
  await refresh(client);
}

export async function cancelWebsite(client: QueryClient, id: string): Promise<void> {
  await ask(api.POST('/api/v1/websites/{id}/cancel', { params: { path: { id } } }));
  await refresh(client);
}

export async function deleteWebsite(client: QueryClient, id: string): Promise<void> {
  await ask(api.DELETE('/api/v1/websites/{id}', { params: { path: { id } } }));
  await refresh(client);
}

export async function excludePage(
  client: QueryClient,
  id: string,
  page_id: string,
  is_excluded: boolean,
): Promise<void> {
  const params = { path: { id, page_id } };
  await ask(api.PATCH('/api/v1/websites/{id}/pages/{page_id}', { params, body: { is_excluded } }));
  await refresh(client);
}

function refresh(client: QueryClient): Promise<void> {
  return client.invalidateQueries({ queryKey: [LIST] });
}
