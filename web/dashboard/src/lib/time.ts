/** Times as people say them, through `Intl`. Pure: the caller gives the present and the locale. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Making a format takes longer than using it a hundred times. */
function kept<Format>(make: (locale: string) => Format): (locale: string) => Format {
  const formats = new Map<string, Format>();
  return (locale) => {
    const format = formats.get(locale) ?? make(locale);
    formats.set(locale, format);
    return format;
  };
}

const relativeFormat = kept((locale) => {
  // French in its narrow style reads “-1 min”.
  const style = locale.startsWith('en') ? 'narrow' : 'short';
  return new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style });
});
const clockFormat = dateFormat({ hour: '2-digit', minute: '2-digit' });
const dayFormat = dateFormat({ day: 'numeric', month: 'short' });
const dayOfYearFormat = dateFormat({ day: 'numeric', month: 'short', year: 'numeric' });
const fullFormat = dateFormat({ dateStyle: 'medium', timeStyle: 'short' });

function dateFormat(options: Intl.DateTimeFormatOptions) {
  return kept((locale) => new Intl.DateTimeFormat(locale, options));
}

/** “now”, “5m ago”, “3h ago”, “2d ago”, then the date; for lists. */
export function relativeTime(iso: string, now: number, locale: string): string {
  const elapsed = Math.max(0, now - Date.parse(iso));
  if (elapsed >= 7 * DAY) return shortDate(iso, now, locale);
  const format = relativeFormat(locale);
  if (elapsed < MINUTE) return format.format(0, 'second');
  if (elapsed < HOUR) return format.format(-Math.floor(elapsed / MINUTE), 'minute');
  if (elapsed < DAY) return format.format(-Math.floor(elapsed / HOUR), 'hour');
  return format.format(-Math.floor(elapsed / DAY), 'day');
}

/** “14:02” or what the locale writes; beside a message. */
export function clockTime(iso: string, locale: string): string {
  return clockFormat(locale).format(date(iso));
}

/** “12 Oct”, with the year when it is another one. */
export function shortDate(iso: string, now: number, locale: string): string {
  const isThisYear = date(iso).getFullYear() === new Date(now).getFullYear();
  return (isThisYear ? dayFormat : dayOfYearFormat)(locale).format(date(iso));
}

/** Date and time in full; for tooltips and details. */
export function fullTime(iso: string, locale: string): string {
  return fullFormat(locale).format(date(iso));
}

/** Whole days between a time and the present, by the calendar of this computer: 0 is today, 1 yesterday. */
export function daysAgo(iso: string, now: number): number {
  const midnight = (time: Date) => new Date(time).setHours(0, 0, 0, 0);
  return Math.round((midnight(new Date(now)) - midnight(date(iso))) / DAY);
}

function date(iso: string): Date {
  return new Date(iso);
}
