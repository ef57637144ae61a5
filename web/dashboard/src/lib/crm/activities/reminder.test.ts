import { describe, expect, it } from 'vitest';
import { leadOf, remindAt } from './reminder';

const DUE = '2026-11-23T14:00:00.000Z';

describe('reminders', () => {
  it.each(['0', '15', '60', '1440'])('reads back %s minutes', (lead) => {
    expect(leadOf(DUE, remindAt(DUE, lead))).toBe(lead);
  });

  it('is none without a time that something is due at', () => {
    expect(remindAt(null, '15')).toBeNull();
    expect(remindAt(DUE, '')).toBeNull();
    expect(leadOf(DUE, null)).toBe('');
  });

  it('shows another time as the next choice', () => {
    expect(leadOf(DUE, '2026-11-23T13:30:00Z')).toBe('15');
    expect(leadOf(DUE, '2026-11-20T13:30:00Z')).toBe('1440');
    expect(leadOf(DUE, '2026-11-23T15:00:00Z')).toBe('0');
  });
});
