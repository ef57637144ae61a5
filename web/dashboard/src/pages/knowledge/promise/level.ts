/** A promise's figures as people read them. Pure. */
import type { Level } from '$lib/data/promise';
import { percentText } from '$lib/percent';

/** Whole percents; null where there is none. */
export function percent(share: number | null | undefined): string | null {
  return share == null ? null : percentText(share);
}

/** Rounded down: 96.6% is not “at least 97%”, and must not look like it. */
export function percentDown(share: number | null | undefined): string | null {
  return share == null ? null : percentText(Math.floor(share * 100 + 1e-6) / 100);
}

/** “88–99%”, widened to whole percents; null where nothing was judged. */
export function interval({ low, high }: Level): string | null {
  if (low == null || high == null) return null;
  return `${String(Math.floor(low * 100))}–${percentText(Math.ceil(high * 100) / 100)}`;
}

/** “96% (88–99%)”, without the interval where there is none. */
export function precision(level: Level): string | null {
  const value = percentDown(level.precision);
  const between = interval(level);
  return value == null || between == null ? value : `${value} (${between})`;
}

/** Whether it is the threshold that is set now. */
export function isNow({ threshold }: Level, now: Level): boolean {
  return threshold != null && now.threshold != null && Math.abs(threshold - now.threshold) < 0.005;
}

/** Whether it answers more than one of the channels does now. */
export function isLower({ threshold }: Level, thresholds: readonly number[]): boolean {
  return threshold != null && thresholds.some((set) => threshold < set - 0.005);
}

/** Every promise that a threshold keeps, though one may keep several; of those that none keeps, the lowest. */
export function rows(levels: readonly Level[]): Level[] {
  return levels.filter(
    ({ threshold }, at) => threshold != null || levels[at - 1]?.threshold !== null,
  );
}
