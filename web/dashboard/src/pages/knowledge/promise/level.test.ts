import { describe, expect, it } from 'vitest';
import type { Level } from '$lib/data/promise';
import { interval, isLower, isNow, percent, percentDown, precision, rows } from './level';

const level: Level = {
  promise: 0.95,
  threshold: 0.8,
  precision: 0.964,
  expected: 0.97,
  judged: 28,
  right: 27,
  low: 0.885,
  high: 0.991,
  is_contradicted: false,
  coverage: 0.5,
};

describe('a promise', () => {
  it('tells its interval, widened to whole percents', () => {
    expect(precision(level)).toBe('96% (88–100%)');
    expect(precision({ ...level, low: null, high: null })).toBe('96%');
    expect(precision({ ...level, precision: null })).toBeNull();
    expect(interval({ ...level, low: null })).toBeNull();
    expect(percent(null)).toBeNull();
  });

  it('is not kept by a share that only rounds up to it', () => {
    expect(percentDown(0.9667)).toBe('96%');
    expect(percentDown(0.97)).toBe('97%');
    expect(percentDown(0.29)).toBe('29%');
    expect(percentDown(undefined)).toBeNull();
  });

  it('knows the threshold that is set', () => {
    expect(isNow(level, { ...level, threshold: 0.8 })).toBe(true);
    expect(isNow(level, { ...level, threshold: 0.78 })).toBe(false);
    expect(isNow({ ...level, threshold: null }, level)).toBe(false);
  });

  it('answers more than now if one channel asks for more', () => {
    expect(isLower(level, [0.78, 0.9])).toBe(true);
    expect(isLower(level, [0.78, 0.8])).toBe(false);
    expect(isLower({ ...level, threshold: null }, [0.9])).toBe(false);
  });

  it('shows once what is the same', () => {
    const of = (promise: number, threshold: number | null): Level => ({
      ...level,
      promise,
      threshold,
    });
    const shown = (...levels: Level[]) => rows(levels).map(({ promise }) => promise);
    expect(
      shown(of(0.8, 0.5), of(0.9, 0.5), of(0.95, 0.7), of(0.97, null), of(0.99, null)),
    ).toEqual([0.8, 0.9, 0.95, 0.97]);
    expect(shown(of(0.8, 0.5), of(0.99, 0.5))).toEqual([0.8, 0.99]);
    expect(shown(of(0.8, null), of(0.99, null))).toEqual([0.8]);
  });
});
