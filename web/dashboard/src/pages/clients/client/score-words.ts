/** Why a client has the score that it has, in the language on screen. */
import { t, type PlainKey } from '../../../i18n/index.svelte';

export const scoreReasons = [
  'has_email',
  'has_phone',
  'has_company',
  'spoke_this_week',
  'spoke_this_month',
  'wrote_often',
  'asked_for_person',
  'has_open_deal',
  'has_ordered',
] as const;

/** A code that this page does not know is told as it is. */
export function scoreReasonText(code: string): string {
  return t(`scoreReason.${code}` as PlainKey) || code.replaceAll('_', ' ');
}
