import { describe, expect, it } from 'vitest';
import { dayIn, dueGroup, fromLocal, toLocal } from './due';

describe('times in a zone', () => {
  it.each([
    ['2026-11-23T13:30:00.000Z', 'Europe/Paris', '2026-11-23T14:30'],
    ['2026-07-01T22:15:00.000Z', 'Europe/Paris', '2026-07-02T00:15'],
    ['2026-11-23T13:30:00.000Z', 'America/New_York', '2026-11-23T08:30'],
    ['2026-11-23T13:30:00.000Z', 'Asia/Kolkata', '2026-11-23T19:00'],
    ['2026-11-23T13:30:00.000Z', 'UTC', '2026-11-23T13:30'],
  ])('%s in %s is %s, and back', (iso, zone, local) => {
    expect(toLocal(iso, zone)).toBe(local);
    expect(fromLocal(local, zone)).toBe(iso);
  });

  it('knows the days on which clocks change', () => {
    expect(fromLocal('2026-03-29T12:00', 'Europe/Paris')).toBe('2026-03-29T10:00:00.000Z');
    expect(fromLocal('2026-03-28T23:00', 'Europe/Paris')).toBe('2026-03-28T22:00:00.000Z');
    expect(fromLocal('2026-10-25T12:00', 'Europe/Paris')).toBe('2026-10-25T11:00:00.000Z');
    expect(fromLocal('2026-10-25T02:30', 'Europe/Paris')).toBe('2026-10-25T00:30:00.000Z');
  });

  it('counts days by the calendar of the zone', () => {
    const late = Date.parse('2026-11-23T23:30:00Z');
    expect(dayIn(late, 'Europe/Paris')).toBe('2026-11-24');
    expect(dayIn(late, 'UTC', 1)).toBe('2026-11-24');
  });

  it('sorts what is due', () => {
    const now = Date.parse('2026-11-23T12:00:00Z');
    const group = (due: string | null) => dueGroup(due, now, 'Europe/Paris');
    expect(group('2026-11-23T11:59:00Z')).toBe('overdue');
    expect(group('2026-11-23T22:59:00Z')).toBe('today');
    expect(group('2026-11-23T23:00:00Z')).toBe('upcoming');
    expect(group(null)).toBe('none');
  });
});
