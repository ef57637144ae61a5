/** Days without a time, such as “2026-12-24”. Pure. */
const formats = new Map<string, Intl.DateTimeFormat>();

/** “24 Dec 2026”, as the locale writes it. */
export function dayText(day: string, locale: string): string {
  const format =
    formats.get(locale) ??
    new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' });
  formats.set(locale, format);
  return format.format(Date.parse(`${day}T00:00:00Z`));
}
