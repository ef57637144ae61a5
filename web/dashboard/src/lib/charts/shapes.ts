/** Paths of lines and areas. A value that is not known leaves a gap. Pure. */
import type { Scale } from './scale';

type Values = readonly (number | null)[];

/** Stretches of known values, as the indexes of their first and last point. */
export function stretches(values: Values): [number, number][] {
  const found: [number, number][] = [];
  for (const [index, value] of values.entries()) {
    if (value === null) continue;
    const last = found.at(-1);
    if (last && last[1] === index - 1) last[1] = index;
    else found.push([index, index]);
  }
  return found;
}

/** The line through the known values; nothing for a point that stands alone. */
export function linePath(values: Values, x: Scale, y: Scale): string {
  return stretches(values)
    .filter(([first, last]) => last > first)
    .map(([first, last]) => through(first, last, values, x, y))
    .join('');
}

/** Points with a gap on both sides: a line cannot show them. */
export function lonePoints(values: Values): number[] {
  return stretches(values)
    .filter(([first, last]) => first === last)
    .map(([first]) => first);
}

/** What lies between two lines that are known at the same points. */
export function areaPath(upper: Values, lower: Values, x: Scale, y: Scale): string {
  return stretches(upper)
    .map(([first, last]) => {
      const back = Array.from({ length: last - first + 1 }, (_, step) => last - step);
      const below = back.map((at) => `L${pair(x(at), y(lower[at] ?? 0))}`).join('');
      return `${through(first, last, upper, x, y)}${below}Z`;
    })
    .join('');
}

/** Each series on top of those before it. Where one is not known, the sum is not either. */
export function stack(series: readonly Values[]): Values[] {
  const length = Math.max(0, ...series.map((values) => values.length));
  const indexes = Array.from({ length }, (_, index) => index);
  const isKnown = indexes.map((at) => series.every((values) => (values[at] ?? null) !== null));
  const heights = indexes.map(() => 0);
  return series.map((values) =>
    indexes.map((at) => {
      heights[at] = (heights[at] ?? 0) + (values[at] ?? 0);
      return isKnown[at] ? (heights[at] ?? 0) : null;
    }),
  );
}

function through(first: number, last: number, values: Values, x: Scale, y: Scale): string {
  const points = Array.from({ length: last - first + 1 }, (_, step) => first + step);
  return points
    .map((at, index) => `${index ? 'L' : 'M'}${pair(x(at), y(values[at] ?? 0))}`)
    .join('');
}

function pair(x: number, y: number): string {
  return `${x.toFixed(1)},${y.toFixed(1)}`;
}
