/** Which days are meant. Pure: the caller gives today, as the workspace's clocks have it. */
import { dayAfter } from '$lib/charts/words';

export const ranges = ['today', '7', '30', '90', 'month', 'last_month', 'custom'] as const;
export type Range = (typeof ranges)[number];

export const STANDARD_RANGE: Range = '30';

/** Both are included, as 2026-11-03. */
export interface Dates {
  from: string;
  to: string;
}

/** The days of a range that has a name. */
export function datesOf(range: Exclude<Range, 'custom'>, today: string): Dates {
  const thisMonth = `${today.slice(0, 7)}-01`;
  switch (range) {
    case 'today':
      return { from: today, to: today };
    case 'month':
      return { from: thisMonth, to: today };
    case 'last_month': {
      const to = dayAfter(thisMonth, -1);
      return { from: `${to.slice(0, 7)}-01`, to };
    }
    default:
      return { from: dayAfter(today, 1 - Number(range)), to: today };
  }
}

/** Whether it is a day of the calendar, as an address has it. */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}
