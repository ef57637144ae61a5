/** The first steps of a workspace, and what matters on a day after that. */
import { queryOptions, type QueryClient } from '@tanstack/svelte-query';
import type { components } from '$shared/api/schema';
import { api, ask } from '../api';

export type OnboardingStep = components['schemas']['OnboardingStep'];
export type TemplateItem = components['schemas']['TemplateItem'];
export type Asked = components['schemas']['Asked'];
export type Day = components['schemas']['Day'];

const ONBOARDING = ['onboarding'];
const OVERVIEW = ['overview'];
/** Facts come about elsewhere too: in another tab, on the business's own site. */
const LOOK_EVERY_MS = 5_000;
const OVERVIEW_EVERY_MS = 20_000;
/** A card shows so many. */
const FEW = 5;

export function onboardingQuery() {
  return queryOptions({
    queryKey: ONBOARDING,
    queryFn: ({ signal }) => ask(api.GET('/api/v1/onboarding', { signal })),
    refetchInterval: LOOK_EVERY_MS,
  });
}

export function overviewQuery() {
  return queryOptions({
    queryKey: OVERVIEW,
    queryFn: ({ signal }) => ask(api.GET('/api/v1/overview', { signal })),
    refetchInterval: OVERVIEW_EVERY_MS,
  });
}

export function needsPersonQuery() {
  return queryOptions({
    queryKey: [...OVERVIEW, 'needs-person'],
    queryFn: ({ signal }) => {
      const query = { view: 'needs_person' as const, sort: 'waiting' as const, limit: FEW };
      return ask(api.GET('/api/v1/conversations', { params: { query }, signal }));
    },
    refetchInterval: OVERVIEW_EVERY_MS,
  });
}

export function newestGapsQuery() {
  return queryOptions({
    queryKey: [...OVERVIEW, 'gaps'],
    queryFn: ({ signal }) => {
      const query = { status: 'open' as const, limit: FEW };
      return ask(api.GET('/api/v1/gaps', { params: { query }, signal }));
    },
    refetchInterval: OVERVIEW_EVERY_MS,
  });
}

export async function hideOnboarding(client: QueryClient, is_hidden: boolean): Promise<void> {
  await ask(api.PUT('/api/v1/onboarding', { body: { is_hidden } }));
  await refreshOnboarding(client);
}

export function refreshOnboarding(client: QueryClient): Promise<void> {
  return client.invalidateQueries({ queryKey: ONBOARDING });
}

export function templateQuery(language: string) {
  return queryOptions({
    queryKey: ['template', language],
    staleTime: Infinity,
    queryFn: ({ signal }) => {
      const init = { params: { query: { language } }, signal };
      return ask(api.GET('/api/v1/onboarding/template', init));
    },
  });
}

export async function useTemplate(client: QueryClient, language: string, items: TemplateItem[]) {
  const used = await ask(api.POST('/api/v1/onboarding/template', { body: { language, items } }));
  await client.invalidateQueries({ queryKey: ['qa-pairs'] });
  await refreshOnboarding(client);
  return used;
}

/** Asks as a visitor would; nothing is stored but that it was tried. */
export async function askTest(client: QueryClient, question: string): Promise<Asked> {
  const asked = await ask(api.POST('/api/v1/ask', { body: { question } }));
  await refreshOnboarding(client);
  return asked;
}
