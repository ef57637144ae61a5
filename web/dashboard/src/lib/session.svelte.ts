/** Who is signed in, and to which workspace. `undefined` until the server has been asked. */
import type { components } from '$shared/api/schema';
import { api, ApiError, ask, type Session } from './api';
import { BASE } from './address';
import { applyProfile } from './preferences.svelte';

export interface SignUpForm {
  name: string;
  business_name: string;
  email: string;
  password: string;
  language: string;
}

let current = $state.raw<Session | null | undefined>(undefined);

export function session(): Session | null | undefined {
  return current;
}

/** The workspace on screen. Only for what is shown to somebody signed in. */
export function workspace(): Session {
  if (!current) throw new Error('Nobody is signed in.');
  return current;
}

/** An address inside the workspace: `workspaceHref('/inbox')`. */
export function workspaceHref(path: string): string {
  return `${BASE}/${encodeURIComponent(workspace().tenant.slug)}${path}`;
}

/** Asks the server who is signed in. Throws `ApiError` when it cannot be reached. */
export async function loadSession(): Promise<void> {
  try {
    await begin(await ask(api.GET('/api/v1/session')));
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    current = null;
  }
}

/** Throws `ApiError` with the code `two_factor_required` when a code has to come along. */
export async function signIn(email: string, password: string, code?: string): Promise<void> {
  const body = { email, password, ...(code && { code }) };
  await begin(await ask(api.POST('/api/v1/session', { body })));
}

export async function signUp(form: SignUpForm): Promise<void> {
  await begin(await ask(api.POST('/api/v1/sign-up', { body: form })));
}

export type JoinForm = components['schemas']['AcceptInvitation'];

/** Accepts an invitation: with a new account, or as whoever is signed in. */
export async function join(token: string, body: JoinForm): Promise<void> {
  const init = { params: { path: { token } }, body };
  await begin(await ask(api.POST('/api/v1/invitations/by-token/{token}/accept', init)));
}

/** Goes to another workspace. The page is loaded anew: nothing of the first one stays behind. */
export async function switchWorkspace(tenant_id: string): Promise<void> {
  const { tenant } = await ask(api.POST('/api/v1/session/workspace', { body: { tenant_id } }));
  location.assign(`${BASE}/${encodeURIComponent(tenant.slug)}`);
}

/** Reads name, workspace and profile again after they were changed. */
export async function refreshSession(): Promise<void> {
  current = await ask(api.GET('/api/v1/session'));
}

async function begin(session: Session): Promise<void> {
  await applyProfile(session.profile);
  current = session;
}

export async function signOut(): Promise<void> {
  await ask(api.DELETE('/api/v1/session'));
  current = null;
}

/** The server no longer knows the session. */
export function sessionEnded(): void {
  current = null;
}
