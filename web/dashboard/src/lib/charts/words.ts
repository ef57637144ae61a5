/** Numbers and dates of charts as people read them, through `Intl`. Pure: the caller gives the locale. */
import type { Unit } from './types';

export type Grain = 'day' | 'week' | 'month';

const formats = new Map<string, Intl.NumberFormat>();
const dateFormats = new Map<string, Intl.DateTimeFormat>();

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** “5,284”, “71.4%”, “4m 12s”, “€1,234.50”. */
export function valueText(value: number, unit: Unit, locale: string): string {
  if (typeof unit === 'object') {
    const options = { style: 'currency', currency: unit.currency } as const;
    // a tenth of a cent is much where an answer costs less
    const digits = value !== 0 && Math.abs(value) < 0.1 ? 4 : 2;
    return write(value, locale, {
      ...options,
      currencyDisplay: 'narrowSymbol',
      maximumFractionDigits: digits,
    });
  }
  if (unit === 'percent') {
    return write(value / 100, locale, { style: 'percent', maximumFractionDigits: 1 });
  }
  if (unit === 'seconds') return durationText(value, locale);
  return write(value, locale, { maximumFractionDigits: 1 });
}

/** The same where there is little room: “1.2K”, “€12K”, “4m”. */
export function tickText(value: number, unit: Unit, locale: string): string {
  if (unit === 'seconds') return value === 0 ? '0' : durationText(value, locale);
  if (unit === 'percent') return valueText(value, unit, locale);
  const short = { notation: 'compact', maximumFractionDigits: 1 } as const;
  const isSmall = value !== 0 && Math.abs(value) < 1;
  const digits = isSmall ? { maximumSignificantDigits: 2 } : short;
  if (typeof unit !== 'object') return write(value, locale, digits);
  return write(value, locale, {
    ...digits,
    style: 'currency',
    currency: unit.currency,
    currencyDisplay: 'narrowSymbol',
    ...(!isSmall && { minimumFractionDigits: 0 }),
  });
}

/** “850ms”, “2.1s”, “4m 12s”, “3h 5m”, “2d 4h”: the two largest parts. */
export function durationText(seconds: number, locale: string): string {
  if (seconds > 0 && seconds < 0.9995) {
    return write(Math.max(1, Math.round(seconds * 1000)), locale, unitOf('millisecond'));
  }
  if (seconds < 9.95) {
    return write(seconds, locale, { ...unitOf('second'), maximumFractionDigits: 1 });
  }
  const units = [
    ['day', DAY],
    ['hour', HOUR],
    ['minute', MINUTE],
    ['second', 1],
  ] as const;
  const from = units.findIndex(([, length]) => Math.round(seconds) >= length);
  const [large, small] = [units[from], units[from + 1]];
  if (!large) return '';
  if (!small) return write(Math.round(seconds), locale, unitOf(large[0]));
  const parts = Math.round(seconds / small[1]);
  const whole = large[1] / small[1];
  const texts = [write(Math.floor(parts / whole), locale, unitOf(large[0]))];
  if (parts % whole > 0) texts.push(write(parts % whole, locale, unitOf(small[0])));
  return texts.join(' ');
}

/** “3 Nov”, “Nov 2026”: what stands below the axis. `date` is the first day, as 2026-11-03. */
export function dateText(date: string, grain: Grain, locale: string): string {
  const options = grain === 'month' ? { month: 'short', year: 'numeric' } : DAY_OF_MONTH;
  return dates(locale, options as Intl.DateTimeFormatOptions).format(utc(date));
}

/** “Tuesday, 3 November 2026”, “2 – 8 Nov 2026”, “November 2026”. */
export function spanText(date: string, grain: Grain, locale: string): string {
  if (grain === 'month') return dates(locale, { month: 'long', year: 'numeric' }).format(utc(date));
  if (grain === 'week') return rangeText(date, dayAfter(date, 6), locale);
  const day = { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' } as const;
  return dates(locale, day).format(utc(date));
}

/** “2 – 8 Nov 2026”. */
export function rangeText(from: string, to: string, locale: string): string {
  const options = { ...DAY_OF_MONTH, year: 'numeric' } as const;
  return dates(locale, options).formatRange(utc(from), utc(to));
}

/** Monday to Sunday. */
export function weekdays(locale: string, weekday: 'short' | 'long'): string[] {
  const format = dates(locale, { weekday });
  // the 5th of January 1970 was a Monday
  return Array.from({ length: 7 }, (_, day) => format.format((4 + day) * DAY * 1000));
}

/** “14”, “2 PM”; with its minutes where it stands alone. */
export function hourText(hour: number, locale: string, withMinutes = false): string {
  const whole = { hour: 'numeric' } as const;
  const options = withMinutes ? ({ ...whole, minute: '2-digit' } as const) : whole;
  return dates(locale, options).format(hour * HOUR * 1000);
}

/** So many days later, by the calendar. */
export function dayAfter(date: string, days: number): string {
  return new Date(utc(date) + days * DAY * 1000).toISOString().slice(0, 10);
}

const DAY_OF_MONTH = { day: 'numeric', month: 'short' } as const;

/** Dates have no zone here: they are days of the workspace already. */
function utc(date: string): number {
  return Date.parse(`${date}T00:00:00Z`);
}

function dates(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale} ${JSON.stringify(options)}`;
  const format =
    dateFormats.get(key) ?? new Intl.DateTimeFormat(locale, { ...options, timeZone: 'UTC' });
  dateFormats.set(key, format);
  return format;
}

function unitOf(unit: string): Intl.NumberFormatOptions {
  return { style: 'unit', unit, unitDisplay: 'narrow', maximumFractionDigits: 0 };
}

function write(value: number, locale: string, options: Intl.NumberFormatOptions): string {
  const key = `${locale} ${JSON.stringify(options)}`;
  const format = formats.get(key) ?? new Intl.NumberFormat(locale, options);
  formats.set(key, format);
  return format.format(value);
}
