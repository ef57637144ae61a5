import { describe, expect, it } from 'vitest';
import { largest, linear, named, ticks } from './scale';
import { areaPath, linePath, lonePoints, stack, stretches } from './shapes';
import {
  dateText,
  dayAfter,
  durationText,
  hourText,
  spanText,
  tickText,
  valueText,
  weekdays,
} from './words';

/** `Intl` puts narrow and unbreakable spaces where people see just a space. */
const plain = (text: string) => text.replace(/[\u00a0\u202f\u2009]/g, ' ');
const HOUR = 3600;

describe('ticks', () => {
  it('begins at zero and takes round steps', () => {
    expect(ticks(237, 'count')).toEqual([0, 100, 200, 300]);
    expect(ticks(7, 'count')).toEqual([0, 2, 4, 6, 8]);
    expect(ticks(1234, { currency: 'EUR' })).toEqual([0, 500, 1000, 1500]);
    expect(ticks(0.31, { currency: 'USD' })).toEqual([0, 0.1, 0.2, 0.3, 0.4]);
  });

  it('does not cut one conversation in parts', () => {
    expect(ticks(1, 'count')).toEqual([0, 1]);
    expect(ticks(3, 'count')).toEqual([0, 1, 2, 3]);
  });

  it('shows percentages against the whole, unless they are small', () => {
    expect(ticks(71, 'percent')).toEqual([0, 25, 50, 75, 100]);
    expect(ticks(4, 'percent')).toEqual([0, 1, 2, 3, 4]);
    expect(ticks(0, 'percent')).toEqual([0, 25, 50, 75, 100]);
  });

  it('takes steps of time that clocks know', () => {
    expect(ticks(50, 'seconds')).toEqual([0, 15, 30, 45, 60]);
    expect(ticks(9 * HOUR, 'seconds').map((one) => one / HOUR)).toEqual([0, 3, 6, 9]);
    expect(ticks(0.9, 'seconds')).toEqual([0, 0.5, 1]);
    expect(ticks(9 * 24 * HOUR, 'seconds').map((one) => one / 24 / HOUR)).toEqual([0, 5, 10]);
  });

  it('has an axis where there is nothing', () => {
    expect(ticks(0, 'count')).toEqual([0, 1]);
  });
});

describe('scales', () => {
  it('go straight from one range into the other', () => {
    const y = linear([0, 200], [100, 0]);
    expect([0, 50, 200].map(y)).toEqual([100, 75, 0]);
    expect(linear([5, 5], [10, 20])(5)).toBe(10);
  });

  it('leave out names that have no room', () => {
    expect([...named(6, 640)]).toEqual([0, 1, 2, 3, 4, 5]);
    expect([...named(30, 320)]).toEqual([0, 6, 12, 18, 24]);
    expect([...named(0, 320)]).toEqual([]);
  });

  it('do not take what is not known for a number', () => {
    expect(largest([null, 3, null, 2])).toBe(3);
    expect(largest([null])).toBe(0);
  });
});

describe('shapes', () => {
  const same = (value: number) => value;

  it('break the line where a value is not known', () => {
    expect(stretches([1, 2, null, 3, null, 4, 5])).toEqual([
      [0, 1],
      [3, 3],
      [5, 6],
    ]);
    expect(linePath([1, 2, null, 3, null, 4, 5], same, same)).toBe(
      'M0.0,1.0L1.0,2.0M5.0,4.0L6.0,5.0',
    );
    expect(lonePoints([1, 2, null, 3, null, 4, 5])).toEqual([3]);
  });

  it('draw a zero that is known', () => {
    expect(linePath([0, 0], same, same)).toBe('M0.0,0.0L1.0,0.0');
  });

  it('put series on top of each other, and know no sum where a part is missing', () => {
    expect(
      stack([
        [1, 2, 3],
        [10, null, 0],
      ]),
    ).toEqual([
      [1, null, 3],
      [11, null, 3],
    ]);
    expect(areaPath([1, 2], [0, 1], same, same)).toBe('M0.0,1.0L1.0,2.0L1.0,1.0L0.0,0.0Z');
  });
});

describe('words', () => {
  const both = (write: (locale: string) => string) => [plain(write('en')), plain(write('fr'))];

  it('writes money, percentages and counts as the language does', () => {
    const euro = { currency: 'EUR' };
    expect(both((one) => valueText(1234.5, euro, one))).toEqual(['€1,234.50', '1 234,50 €']);
    expect(both((one) => tickText(12_000, euro, one))).toEqual(['€12K', '12 k €']);
    expect(both((one) => valueText(0.0042, { currency: 'USD' }, one))).toEqual([
      '$0.0042',
      '0,0042 $',
    ]);
    expect(both((one) => valueText(71.42, 'percent', one))).toEqual(['71.4%', '71,4 %']);
    expect(both((one) => valueText(5284, 'count', one))).toEqual(['5,284', '5 284']);
    expect(both((one) => tickText(1500, 'count', one))).toEqual(['1.5K', '1,5 k']);
  });

  it('writes lengths of time by their two largest parts', () => {
    const text = (seconds: number) => both((one) => durationText(seconds, one));
    expect(text(0)).toEqual(['0s', '0s']);
    expect(text(0.85)).toEqual(['850ms', '850ms']);
    expect(text(2.13)).toEqual(['2.1s', '2,1s']);
    expect(text(59.7)).toEqual(['1m', '1min']);
    expect(text(252)).toEqual(['4m 12s', '4min 12s']);
    expect(text(3 * HOUR + 5 * 60)).toEqual(['3h 5m', '3h 5min']);
    expect(text(2 * HOUR - 1)).toEqual(['2h', '2h']);
    expect(text(52 * HOUR)).toEqual(['2d 4h', '2j 4h']);
  });

  it('writes days, weeks and months of the workspace, whatever the zone of this computer', () => {
    expect(dateText('2026-11-03', 'day', 'en-GB')).toBe('3 Nov');
    expect(dateText('2026-11-01', 'month', 'fr')).toBe('nov. 2026');
    expect(spanText('2026-11-03', 'day', 'en')).toBe('Tuesday, November 3, 2026');
    expect(spanText('2026-11-03', 'day', 'fr')).toBe('mardi 3 novembre 2026');
    expect(plain(spanText('2026-11-02', 'week', 'en-GB'))).toBe('2 – 8 Nov 2026');
    expect(spanText('2026-11-01', 'month', 'en')).toBe('November 2026');
    expect(dayAfter('2026-02-27', 2)).toBe('2026-03-01');
  });

  it('begins the week on Monday', () => {
    expect(weekdays('en', 'short')).toEqual(['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']);
    expect(weekdays('fr', 'long')[0]).toBe('lundi');
    expect(both((one) => hourText(14, one))).toEqual(['2 PM', '14 h']);
    expect(both((one) => hourText(14, one, true))).toEqual(['2:00 PM', '14:00']);
  });
});
