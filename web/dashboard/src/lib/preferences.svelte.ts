/** What one person prefers, on every machine: stored by the server with the account, applied here. */
import { language, setLanguage, type Language } from '../i18n/index.svelte';
import { api, ask, type Profile } from './api';
import type { components } from '$shared/api/schema';
import { setSingleKeys } from './shortcuts';
import { setTheme, theme } from './theme.svelte';

export type Preferences = components['schemas']['ProfilePatch'];
export type Notifications = Profile['notifications'];

let current = $state.raw<Profile | null>(null);

/** Other tabs of this browser follow at once: one of them may be the one that calls. */
const otherTabs = new BroadcastChannel('rapport-profile');
otherTabs.onmessage = ({ data }: MessageEvent<Profile>) => void applyProfile(data);

/** Null before anybody is signed in. */
export function profile(): Profile | null {
  return current;
}

/** Language, theme, density and keys as this person wants them. */
export async function applyProfile(next: Profile): Promise<void> {
  current = next;
  if (next.theme !== theme()) setTheme(next.theme);
  document.documentElement.classList.toggle('compact', next.density === 'compact');
  setSingleKeys(next.single_keys);
  if (next.language && next.language !== language()) await setLanguage(next.language);
}

/** Changes what is given, here and on the server. */
export async function saveProfile(changes: Preferences): Promise<Profile> {
  const saved = await ask(api.PATCH('/api/v1/profile', { body: changes }));
  await applyProfile(saved);
  otherTabs.postMessage(saved);
  return saved;
}

/** The same for choices in a menu: shown at once, and kept when the server can be reached. */
export async function choose(changes: { theme?: Profile['theme']; language?: Language }) {
  if (changes.theme) setTheme(changes.theme);
  if (changes.language) await setLanguage(changes.language);
  await saveProfile(changes).catch(() => undefined);
}
