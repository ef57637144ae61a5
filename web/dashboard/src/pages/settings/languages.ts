/** Languages as options of a list, named in the language on screen. */
import { locale } from '../../i18n/index.svelte';

const CODES = ['en', 'fr', 'de', 'es', 'it', 'nl', 'pt', 'ar'];

/** `present` is among them in any case. */
export function languageOptions(present?: string): { value: string; label: string }[] {
  const names = new Intl.DisplayNames(locale(), { type: 'language' });
  const codes = !present || CODES.includes(present) ? CODES : [...CODES, present];
  return codes.map((value) => ({ value, label: names.of(value) ?? value }));
}
