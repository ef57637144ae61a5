import { describe, expect, it } from 'vitest';
import { daysAgo, relativeTime, shortDate } from './time';

const now = Date.parse('2026-11-20T12:00:00Z');
const ago = (minutes: number) => new Date(now - minutes * 60_000).toISOString();

describe('relativeTime', () => {
  it.each([
    [0.5, 'now', 'maintenant'],
    [5, '5m ago', 'il y a 5 min'],
    [59.9, '59m ago', 'il y a 59 min'],
    [60, '1h ago', 'il y a 1 h'],
    [26 * 60, 'yesterday', 'hier'],
    [3 * 1440, '3d ago', 'il y a 3 j'],
  ])('says how long %s minutes are', (minutes, english, french) => {
    expect(relativeTime(ago(minutes), now, 'en')).toBe(english);
    expect(relativeTime(ago(minutes), now, 'fr').replaceAll(/\s/g, ' ')).toBe(french);
  });

  it('gives the date after a week', () => {
    expect(relativeTime(ago(8 * 1440), now, 'en')).toBe('Nov 12');
  });

  it('calls a time of a fast server clock now', () => {
    expect(relativeTime(ago(-3), now, 'en')).toBe('now');
  });
});

describe('shortDate', () => {
  it('names the year only when it is another one', () => {
    expect(shortDate('2026-10-12T12:00:00Z', now, 'fr')).toBe('12 oct.');
    expect(shortDate('2025-10-12T12:00:00Z', now, 'fr')).toBe('12 oct. 2025');
  });
});

describe('daysAgo', () => {
  it('counts calendar days, not periods of 24 hours', () => {
    const lateEvening = new Date(2026, 10, 19, 23, 50).toISOString();
    expect(daysAgo(lateEvening, new Date(2026, 10, 20, 0, 10).getTime())).toBe(1);
    expect(daysAgo(lateEvening, new Date(2026, 10, 19, 23, 59).getTime())).toBe(0);
  });
});
