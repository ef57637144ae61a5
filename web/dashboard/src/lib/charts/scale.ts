/** From numbers to pixels, and the round numbers that an axis names. Pure. */
import type { Unit } from './types';

export type Scale = (value: number) => number;

/** Straight from one range into the other. */
export function linear([from, to]: [number, number], [start, end]: [number, number]): Scale {
  const span = to - from || 1;
  return (value) => start + ((value - from) / span) * (end - start);
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TIME_STEPS = [
  ...[1, 2, 5, 10, 15, 30],
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
];

/** Round numbers from 0 to at least `most`; about `wanted` of them beside the zero. */
export function ticks(most: number, unit: Unit, wanted = 4): number[] {
  // more than a half is seen against the whole
  if (unit === 'percent' && (most <= 0 || (most > 50 && most <= 100))) return [0, 25, 50, 75, 100];
  if (most <= 0) return [0, 1];
  const step = stepFor(most / wanted, unit);
  const count = Math.ceil(most / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, index) => exact(index * step));
}

function stepFor(least: number, unit: Unit): number {
  if (unit === 'count') return Math.max(1, decimalStep(least));
  if (unit !== 'seconds' || least < 1) return decimalStep(least);
  return TIME_STEPS.find((step) => step >= least) ?? decimalStep(least / DAY) * DAY;
}

/** 1, 2 or 5 times a power of ten. */
function decimalStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const digit = [1, 2, 5, 10].find((one) => one * power >= least * (1 - 1e-9)) ?? 10;
  return digit * power;
}

/** 0.30000000000000004 is 0.3. */
function exact(value: number): number {
  return Number(value.toPrecision(12));
}

/** The largest of the numbers that are known; 0 without any. */
export function largest(values: Iterable<number | null>): number {
  let most = 0;
  for (const value of values) most = Math.max(most, value ?? 0);
  return most;
}

/** Which points get a name below the axis, when a name takes so many pixels. */
export function named(count: number, width: number, each = 64): Set<number> {
  const step = Math.max(1, Math.ceil((count * each) / Math.max(width, each)));
  return new Set(Array.from({ length: count }, (_, at) => at).filter((at) => at % step === 0));
}
