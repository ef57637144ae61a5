import { describe, expect, it } from 'vitest';
import { percentOf } from './score';

describe('percentOf', () => {
  it.each([
    [1, 2, 50],
    [2, 3, 66],
    [999, 1000, 99],
    [3, 3, 100],
    [0, 0, null],
  ])('%i of %i are %s percent', (right, total, percent) => {
    expect(percentOf({ right, total })).toBe(percent);
  });
});
