import { describe, expect, it } from 'vitest';
import type { GapEffect } from '$lib/data/gaps';
import { shareOf } from './effect';

const effect = (answered_after: number, in_vain_after: number, share: number | null) =>
  ({
    answered_after,
    in_vain_after,
    share,
    low: share === null ? null : share - 0.1,
    high: share === null ? null : share + 0.05,
  }) as GapEffect;

describe('shareOf', () => {
  it('says nothing about what nobody asked since', () => {
    expect(shareOf(effect(0, 0, null))).toBeNull();
  });

  it('tells the share in whole percent, of all that were asked', () => {
    expect(shareOf(effect(31, 3, 0.9118))).toEqual({
      answered: 31,
      asked: 34,
      percent: 91,
      low: 81,
      high: 96,
      isEnough: true,
    });
  });

  it('does not rely on a handful', () => {
    expect(shareOf(effect(3, 1, 0.75))?.isEnough).toBe(false);
    expect(shareOf(effect(4, 1, 0.8))?.isEnough).toBe(true);
  });
});
