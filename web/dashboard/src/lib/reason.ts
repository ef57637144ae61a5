/** A reason that the server gives by code, in the language on screen. Pure, but for that. */
import type { components } from '$shared/api/schema';
import { t, type PlainKey } from '../i18n/index.svelte';

export type Reason = components['schemas']['Reason'];

/** Its sentence; one of a code that this page does not know is told in English, and a mere quotation has none. */
export function reasonText({ code, params, text, said }: Reason): string {
  const known = t(`reason.${code}` as PlainKey);
  if (!known) return said == null ? text : '';
  return known.replace(/\{(\w+)\}/g, (whole, name: string) => params[name] ?? whole);
}
