/** One's own account: password, second factor, and where one is signed in. */
import { queryOptions, type QueryClient } from '@tanstack/svelte-query';
import type { components } from '$shared/api/schema';
import { api, ask } from '../api';
import { applyProfile, profile } from '../preferences.svelte';

export type Browser = components['schemas']['Browser'];
export type TwoFactorSetup = components['schemas']['TwoFactorSetup'];

const SESSIONS = ['sessions'] as const;

export function sessionsQuery() {
  return queryOptions({
    queryKey: SESSIONS,
    queryFn: ({ signal }) => ask(api.GET('/api/v1/sessions', { signal })),
  });
}

export async function endSession(client: QueryClient, id: string): Promise<void> {
  await ask(api.DELETE('/api/v1/sessions/{id}', { params: { path: { id } } }));
  await client.invalidateQueries({ queryKey: SESSIONS });
}

export async function endOtherSessions(client: QueryClient): Promise<void> {
  await ask(api.DELETE('/api/v1/sessions'));
  await client.invalidateQueries({ queryKey: SESSIONS });
}

/** All other sessions end with it. */
export async function changePassword(
  client: QueryClient,
  current_password: string,
  new_password: string,
): Promise<void> {
  await ask(api.POST('/api/v1/profile/password', { body: { current_password, new_password } }));
  await client.invalidateQueries({ queryKey: SESSIONS });
}

export function beginTwoFactor(password: string): Promise<TwoFactorSetup> {
  return ask(api.POST('/api/v1/profile/two-factor', { body: { password } }));
}

/** Gives the recovery codes, which cannot be read again. */
export async function confirmTwoFactor(code: string): Promise<string[]> {
  const done = await ask(api.POST('/api/v1/profile/two-factor/confirm', { body: { code } }));
  await setTwoFactor(true);
  return done.recovery_codes;
}

export async function removeTwoFactor(password: string, code: string): Promise<void> {
  await ask(api.DELETE('/api/v1/profile/two-factor', { body: { password, code } }));
  await setTwoFactor(false);
}

async function setTwoFactor(has_two_factor: boolean): Promise<void> {
  const present = profile();
  if (present) await applyProfile({ ...present, has_two_factor });
}
