/** How an effect is told: as a share with its interval where there is enough to say anything. Pure. */
import type { GapEffect } from '$lib/data/gaps';

/** Fewer questions than this leave an interval that says nothing. */
const FEWEST = 5;

export interface Share {
  answered: number;
  asked: number;
  /** Whole percent. */
  percent: number;
  low: number;
  high: number;
  isEnough: boolean;
}

/** Null where the question was not asked since. */
export function shareOf(effect: GapEffect): Share | null {
  const { share, low, high, answered_after, in_vain_after } = effect;
  if (share == null || low == null || high == null) return null;
  const asked = answered_after + in_vain_after;
  const [percent, lowest, highest] = [share, low, high].map((one) => Math.round(one * 100)) as [
    number,
    number,
    number,
  ];
  const isEnough = asked >= FEWEST;
  return { answered: answered_after, asked, percent, low: lowest, high: highest, isEnough };
}
