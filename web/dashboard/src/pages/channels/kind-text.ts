/** The kind of an event in words; one that this page does not know stays as it is. */
import { t } from '../../i18n/index.svelte';
import { kinds } from './ledger';

export function kindText(kind: string): string {
  const known = kinds.find((one) => one === kind);
  return known ? t(`eventKind.${known}`) : kind;
}
