/** Times as people say them, through `Intl`. Pure: the caller gives the present and the locale. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** “now”, “5m ago”, “3h ago”, “2d ago”, then the date; for lists. */
export function relativeTime(iso: string, now: number, locale: string): string {
  const elapsed = Math.max(0, now - Date.parse(iso));
  if (elapsed >= 7 * DAY) return shortDate(iso, now, locale);
  // French in its narrow style reads “-1 min”.
  const style = locale.startsWith('en') ? 'narrow' : 'short';
  const format = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style });
  if (elapsed < MINUTE) return format.format(0, 'second');
  if (elapsed < HOUR) return format.format(-Math.floor(elapsed / MINUTE), 'minute');
  if (elapsed < DAY) return format.format(-Math.floor(elapsed / HOUR), 'hour');
  return format.format(-Math.floor(elapsed / DAY), 'day');
}

/** “14:02” or what the locale writes; beside a message. */
export function clockTime(iso: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' }).format(date(iso));
}

/** “12 Oct”, with the year when it is another one. */
export function shortDate(iso: string, now: number, locale: string): string {
  const isThisYear = date(iso).getFullYear() === new Date(now).getFullYear();
  const year = isThisYear ? undefined : 'numeric';
  return new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', year }).format(
    date(iso),
  );
}

/** Date and time in full; for tooltips and details. */
export function fullTime(iso: string, locale: string): string {
  const format = { dateStyle: 'medium', timeStyle: 'short' } as const;
  return new Intl.DateTimeFormat(locale, format).format(date(iso));
}

/** Whole days between a time and the present, by the calendar of this computer: 0 is today, 1 yesterday. */
export function daysAgo(iso: string, now: number): number {
  const midnight = (time: Date) => new Date(time).setHours(0, 0, 0, 0);
  return Math.round((midnight(new Date(now)) - midnight(date(iso))) / DAY);
}

function date(iso: string): Date {
  return new Date(iso);
}
