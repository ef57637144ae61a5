/** A promise's figures as people read them. Pure. */
import type { Level } from '$lib/data/promise';
import { percentText } from '$lib/percent';

/** Whole percents; null where there is none. */
export function percent(share: number | null | undefined): string | null {
  return share == null ? null : percentText(share);
}

/** “96% (88–99%)”, without the interval where there is none. */
export function precision({ precision: share, low, high }: Level): string | null {
  const value = percent(share);
  if (value == null || low == null || high == null) return value;
  return `${value} (${String(Math.floor(low * 100))}–${percentText(Math.ceil(high * 100) / 100)})`;
}

/** Whether it is the threshold that is set now. */
export function isNow({ threshold }: Level, now: Level): boolean {
  return threshold != null && now.threshold != null && Math.abs(threshold - now.threshold) < 0.005;
}
