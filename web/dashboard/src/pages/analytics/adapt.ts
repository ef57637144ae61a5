/** From what the server says to what charts draw. Pure, but for the words that are given. */
import { numberCell } from '$lib/charts/table';
import type { Bar, Color, Point, Series, Table, Unit } from '$lib/charts/types';
import { valueText } from '$lib/charts/words';
import type { Behind } from './address';
import type { Chart, ChartRow, ChartSeries } from './types';

export interface Words {
  locale: string;
  /** Of the first column. */
  axis: string;
  /** Put behind the name of a series of the other period. */
  past: string;
  point: (row: ChartRow) => Point;
  series: (one: ChartSeries) => string;
}

export type Pick = (behind: Behind) => void;

const DAY = 86_400;
const CURRENCY = /^[A-Z]{3}$/;

/** Meaning is fixed, see tokens.css: violet is the AI, blue are people, amber needs attention, green is success. */
const COLORS: Record<string, Color> = {
  bot: 1,
  person: 2,
  handed_over: 3,
  unanswered: 6,
  involvement_rate: 1,
  answer_rate: 4,
  resolution_rate: 2,
  hand_over_rate: 3,
  up: 4,
  down: 3,
  opened: 3,
  closed: 4,
  median: 2,
  p50: 2,
  p90: 3,
  p95: 3,
  person_first_reply: 2,
  person_first_reply_p90: 3,
  person_resolution_time: 2,
  person_resolution_time_p90: 3,
  answers_without_source: 3,
  win_rate: 4,
  reason: 3,
  age: 3,
  channel: 2,
  language: 2,
  member: 2,
  stage: 2,
};

export function colorOf(key: string, index: number): Color {
  if (CURRENCY.test(key)) return 2;
  return COLORS[key] ?? (((index % 6) + 1) as Color);
}

export function unitOf(unit: string, currency?: string | null): Unit {
  if (CURRENCY.test(unit)) return { currency: unit };
  if (unit === 'money') return currency ? { currency } : 'count';
  if (unit === 'percent' || unit === 'score') return 'percent';
  if (unit === 'seconds' || unit === 'days') return 'seconds';
  return 'count';
}

/** Days are lengths of time, and a score of 0.8 is read as 80 %. */
export function scaled(value: number | null | undefined, unit: string): number | null {
  if (value === null || value === undefined) return null;
  if (unit === 'days') return value * DAY;
  return unit === 'score' ? value * 100 : value;
}

/** One chart a currency: their amounts are never on one axis. */
export function byCurrency(chart: Chart): { currency: string | null; chart: Chart }[] {
  if (chart.unit !== 'money' || chart.reason) return [{ currency: null, chart }];
  return chart.series.map((one, index) => ({
    currency: [one.unit, one.key].find((text) => text && CURRENCY.test(text)) ?? null,
    chart: {
      ...chart,
      series: [one],
      rows: chart.rows.map((row) => ({
        ...row,
        values: [row.values[index] ?? null],
        previous: row.previous ? [row.previous[index] ?? null] : null,
      })),
    },
  }));
}

/** What opens when the number of a row and a series is clicked; undefined where nothing does. */
export function behindOf(chart: Chart, row: ChartRow, one?: ChartSeries): Behind | undefined {
  const metric = one?.metric ?? chart.metric;
  const items = one?.items ?? chart.items;
  if (!items || !metric) return undefined;
  return { metric, items, filter: { ...row.filter, ...one?.filter } };
}

export function unitOfSeries(chart: Chart, one: ChartSeries): Unit {
  return unitOf(nameOfUnit(chart, one), one.key);
}

function nameOfUnit(chart: Chart, one: ChartSeries): string {
  const own = one.unit ?? chart.unit;
  return own === 'money' && CURRENCY.test(one.key) ? one.key : own;
}

function valueOf(chart: Chart, row: ChartRow, index: number): number | null {
  const one = chart.series[index];
  return scaled(row.values[index], one ? nameOfUnit(chart, one) : chart.unit);
}

export function hasPast(chart: Chart): boolean {
  return chart.rows.some(({ previous }) => previous);
}

/** Along the axis; with those of the other period, if they are wanted. */
export function seriesOf(chart: Chart, words: Words, withPast: boolean): Series[] {
  const present = chart.series.map((one, index) => ({
    id: one.key,
    label: words.series(one),
    color: colorOf(one.key, index),
    values: chart.rows.map((row) => valueOf(chart, row, index)),
  }));
  if (!withPast || !hasPast(chart)) return present;
  const past = present.map(({ id, label, color }, index) => ({
    id: `${id} past`,
    label: `${label} (${words.past})`,
    color,
    pastOf: id,
    values: chart.rows.map(({ previous }) =>
      scaled(previous?.[index], chart.series[index]?.unit ?? chart.unit),
    ),
  }));
  return [...present, ...past];
}

/** A bar a row. Without `isStacked` the first series is the bar, and the others stand behind it. */
export function barsOf(chart: Chart, words: Words, isStacked: boolean): Bar[] {
  const [first, ...others] = chart.series;
  return chart.rows.map((row) => {
    const values = chart.series.map((_, index) => valueOf(chart, row, index));
    const name = { id: row.key, label: words.point(row).full };
    if (isStacked) {
      const parts = values.map((value, index) => ({
        value: value ?? 0,
        color: colorOf(chart.series[index]?.key ?? '', index),
      }));
      return { ...name, value: parts.reduce((sum, { value }) => sum + value, 0), parts };
    }
    const notes = others.flatMap((one, index) => {
      const value = values[index + 1] ?? null;
      if (value === null) return [];
      return [`${words.series(one)} ${valueText(value, unitOfSeries(chart, one), words.locale)}`];
    });
    return {
      ...name,
      value: values[0] ?? null,
      color: COLORS[chart.dimension] ?? colorOf(first?.key ?? '', 0),
      ...(notes.length > 0 && { detail: notes.join(' · ') }),
    };
  });
}

/** Monday to Sunday, hour by hour; what is not named is 0. */
export function gridOf(chart: Chart): number[][] {
  const days = Array.from({ length: 7 }, () => Array.from({ length: 24 }, () => 0));
  for (const { key, values } of chart.rows) {
    const [day = 1, hour = 0] = key.split('-').map(Number);
    const hours = days[day - 1];
    if (hours) hours[hour] = values[0] ?? 0;
  }
  return days;
}

/** Everything that the chart says, and more: each number opens what is behind it. */
export function tableOf(chart: Chart, words: Words, onpick: Pick): Table {
  const withPast = hasPast(chart);
  const names = chart.series.map(words.series);
  return {
    head: [
      words.axis,
      ...names,
      ...(withPast ? names.map((name) => `${name} (${words.past})`) : []),
    ],
    rows: chart.rows.map((row) => ({
      id: row.key,
      cells: [
        { text: words.point(row).full },
        ...chart.series.map((one, index) => {
          const behind = behindOf(chart, row, one);
          const value = valueOf(chart, row, index);
          const open =
            behind &&
            (() => {
              onpick(behind);
            });
          return numberCell(value, unitOfSeries(chart, one), words.locale, open);
        }),
        ...(withPast
          ? chart.series.map((one, index) =>
              numberCell(
                scaled(row.previous?.[index], nameOfUnit(chart, one)),
                unitOfSeries(chart, one),
                words.locale,
              ),
            )
          : []),
      ],
    })),
  };
}
