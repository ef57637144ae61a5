/** Who is signed in, and to which workspace. `undefined` until the server has been asked. */
import { api, ApiError, ask, type Session } from './api';
import { BASE } from './address';

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
    current = await ask(api.GET('/api/v1/session'));
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    current = null;
  }
}

export async function signIn(email: string, password: string): Promise<void> {
  current = await ask(api.POST('/api/v1/session', { body: { email, password } }));
}

export async function signUp(form: SignUpForm): Promise<void> {
  current = await ask(api.POST('/api/v1/sign-up', { body: form }));
}

export async function signOut(): Promise<void> {
  await ask(api.DELETE('/api/v1/session'));
  current = null;
}

/** The server no longer knows the session. */
export function sessionEnded(): void {
  current = null;
}
