/** When something is due, in words, by the clocks of the workspace. */
import { dayIn, toLocal } from './due';

const formats = new Map<string, Intl.DateTimeFormat>();

/** “14:30” for today, else “24 Nov, 14:30”; with the year when it is another one. */
export function dueText(iso: string, now: number, zone: string, locale: string): string {
  const day = toLocal(iso, zone).slice(0, 10);
  const today = dayIn(now, zone);
  const look = day === today ? 'time' : day.slice(0, 4) === today.slice(0, 4) ? 'day' : 'year';
  return formatOf(look, zone, locale).format(new Date(iso));
}

/** Date and time in full. */
export function fullDue(iso: string, zone: string, locale: string): string {
  return formatOf('full', zone, locale).format(new Date(iso));
}

const looks: Record<string, Intl.DateTimeFormatOptions> = {
  time: { timeStyle: 'short' },
  day: { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' },
  year: { day: 'numeric', month: 'short', year: 'numeric' },
  full: { dateStyle: 'full', timeStyle: 'short' },
};

function formatOf(look: string, timeZone: string, locale: string): Intl.DateTimeFormat {
  const key = `${look} ${timeZone} ${locale}`;
  const format = formats.get(key) ?? new Intl.DateTimeFormat(locale, { ...looks[look], timeZone });
  formats.set(key, format);
  return format;
}
