import { describe, expect, it } from 'vitest';
import type { Level } from '$lib/data/promise';
import { isNow, percent, precision } from './level';

const level: Level = {
  promise: 0.95,
  threshold: 0.8,
  precision: 0.964,
  low: 0.885,
  high: 0.991,
  coverage: 0.5,
};

describe('a promise', () => {
  it('tells its interval, widened to whole percents', () => {
    expect(precision(level)).toBe('96% (88–100%)');
    expect(precision({ ...level, low: null, high: null })).toBe('96%');
    expect(precision({ ...level, precision: null })).toBeNull();
    expect(percent(null)).toBeNull();
  });

  it('knows the threshold that is set', () => {
    expect(isNow(level, { ...level, threshold: 0.8 })).toBe(true);
    expect(isNow(level, { ...level, threshold: 0.78 })).toBe(false);
    expect(isNow({ ...level, threshold: null }, level)).toBe(false);
  });
});
