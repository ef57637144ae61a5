/** Business hours as the form edits them: all seven days, closed ones empty. Midnight at the end of a day is `00:00`. */
import type { InboxSettings } from '$lib/data/inbox-settings';

export const days = [
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
] as const;
export type Day = (typeof days)[number];

export interface Interval {
  from: string;
  to: string;
}
export type Week = Record<Day, Interval[]>;

export function toWeek(hours: Partial<Record<Day, string[][]>> | null | undefined): Week {
  const intervals = (day: Day) =>
    (hours?.[day] ?? []).map(([from = '', to = '']) => ({
      from,
      to: to === '24:00' ? '00:00' : to,
    }));
  return Object.fromEntries(days.map((day) => [day, intervals(day)])) as Week;
}

export function toHours(week: Week): NonNullable<InboxSettings['business_hours']> {
  const pairs = ({ from, to }: Interval) => [from, to === '00:00' ? '24:00' : to];
  const hours = Object.fromEntries(days.map((day) => [day, week[day].map(pairs)]));
  return hours as NonNullable<InboxSettings['business_hours']>;
}

/** Monday to Friday, nine to five. */
export function usualWeek(): Week {
  const isWorkday = (day: Day) => day !== 'saturday' && day !== 'sunday';
  const interval = (day: Day) => (isWorkday(day) ? [{ from: '09:00', to: '17:00' }] : []);
  return Object.fromEntries(days.map((day) => [day, interval(day)])) as unknown as Week;
}

/** The next stretch of a day: an hour after the last one, or the usual one. */
export function nextInterval(intervals: Interval[]): Interval {
  const last = intervals.at(-1);
  const hour = Number(last?.to.slice(0, 2));
  if (!last || hour === 0 || hour > 21) return { from: '09:00', to: '17:00' };
  const clock = (value: number) => `${String(value).padStart(2, '0')}:00`;
  return { from: clock(hour + 1), to: clock(Math.min(hour + 5, 23)) };
}

/** `Monday`, in any language: 1 January 2024 was one. */
export function dayName(day: Day, locale: string): string {
  const date = new Date(Date.UTC(2024, 0, 1 + days.indexOf(day)));
  return new Intl.DateTimeFormat(locale, { weekday: 'long', timeZone: 'UTC' }).format(date);
}
