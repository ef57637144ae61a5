/** Why a reply waits or did not go: our own reasons in the language on screen, by code. Pure, but for that. */
import { t, type PlainKey } from '../i18n/index.svelte';

export interface Why {
  code?: string | null;
  reason?: string | null;
}

/** The vendor's own words where the code is the vendor's. */
export function whyText({ code, reason }: Why): string {
  const [, name = code ?? '', status = ''] = /^(status|http)_(\d+)$/.exec(code ?? '') ?? [];
  const own = t(`why.${name}` as PlainKey);
  return own ? own.replace('{status}', status) : (reason ?? '');
}
