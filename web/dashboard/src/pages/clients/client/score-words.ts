/** Why a client has the score that it has, in the language on screen. */
import { t, type PlainKey } from '../../../i18n/index.svelte';

/** A code that this page does not know is told as it is. */
export function scoreReasonText(code: string): string {
  return t(`scoreReason.${code}` as PlainKey) || code.replaceAll('_', ' ');
}
