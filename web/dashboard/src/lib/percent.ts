/** A share as people read it. */
import { language } from '../i18n/index.svelte';

/** “78%” or “78 %”, as the language on screen writes it; whole percents unless `digits` asks for more. */
export function percentText(share: number, digits = 0): string {
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return new Intl.NumberFormat(language(), { style: 'percent', ...options }).format(share);
}
