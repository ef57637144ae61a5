import { describe, expect, it } from 'vitest';
import { barsOf, behindOf, byCurrency, gridOf, scaled, seriesOf, tableOf, unitOf } from './adapt';
import type { Behind } from './address';
import type { Chart, ChartRow } from './types';

const words = {
  locale: 'en',
  axis: 'Date',
  past: 'before',
  point: (row: ChartRow) => ({ short: row.key, full: row.key }),
  series: ({ key }: { key: string }) => key,
};
const row = (key: string, values: (number | null)[], more: Partial<ChartRow> = {}): ChartRow => ({
  key,
  filter: { from: key, to: key },
  values,
  ...more,
});
const chart = (more: Partial<Chart>): Chart => ({
  chart: 'outcomes',
  dimension: 'time',
  unit: 'count',
  metric: 'conversations',
  items: 'conversations',
  has_data: true,
  series: [
    { key: 'bot', filter: { outcome: 'bot' } },
    { key: 'person', filter: { outcome: 'person' } },
  ],
  rows: [row('2026-11-01', [3, 1]), row('2026-11-02', [null, 0])],
  ...more,
});

describe('numbers of the server', () => {
  it('become what charts know', () => {
    expect([unitOf('money', 'EUR'), unitOf('EUR'), unitOf('score'), unitOf('days')]).toEqual([
      { currency: 'EUR' },
      { currency: 'EUR' },
      'percent',
      'seconds',
    ]);
    expect([scaled(0.83, 'score'), scaled(2, 'days'), scaled(0, 'count')]).toEqual([
      83, 172_800, 0,
    ]);
    expect(scaled(null, 'days')).toBeNull();
  });

  it('keep what is not known apart from nothing', () => {
    expect(seriesOf(chart({}), words, false).map(({ values }) => values)).toEqual([
      [3, null],
      [1, 0],
    ]);
  });

  it('have the period before beside them, if there is one', () => {
    expect(seriesOf(chart({}), words, true)).toHaveLength(2);
    const compared = chart({ rows: [row('2026-11-01', [3, 1], { previous: [2, null] })] });
    const past = seriesOf(compared, words, true).slice(2);
    expect(past.map(({ pastOf, values }) => [pastOf, values])).toEqual([
      ['bot', [2]],
      ['person', [null]],
    ]);
  });

  it('of two currencies never share an axis', () => {
    const money = chart({
      unit: 'money',
      series: [
        { key: 'EUR', unit: 'money', filter: { currency: 'EUR' } },
        { key: 'USD', unit: 'money', filter: { currency: 'USD' } },
      ],
      rows: [row('s1', [100, 7], { previous: [50, 5] })],
    });
    const [euro, dollar] = byCurrency(money);
    expect([euro?.currency, euro?.chart.rows[0]?.values]).toEqual(['EUR', [100]]);
    expect([dollar?.currency, dollar?.chart.rows[0]?.previous]).toEqual(['USD', [5]]);
    expect(byCurrency(chart({}))).toHaveLength(1);
  });
});

describe('a click', () => {
  it('asks for what the row and the series count', () => {
    const { rows, series } = chart({});
    const [first, one] = [rows[0], series[0]];
    if (!first || !one) throw new Error('no row');
    expect(behindOf(chart({}), first, one)).toEqual({
      metric: 'conversations',
      items: 'conversations',
      filter: { from: '2026-11-01', to: '2026-11-01', outcome: 'bot' },
    });
    expect(behindOf(chart({ items: null }), first, one)).toBeUndefined();
    const own = { ...one, metric: 'handled' };
    expect(behindOf(chart({ metric: null }), first, own)?.metric).toBe('handled');
  });

  it('is possible on every known number of the table', () => {
    const opened: Behind[] = [];
    const { head, rows } = tableOf(chart({}), words, (behind) => opened.push(behind));
    expect(head).toEqual(['Date', 'bot', 'person']);
    expect(rows.map(({ cells }) => cells.map(({ text }) => text))).toEqual([
      ['2026-11-01', '3', '1'],
      ['2026-11-02', '–', '0'],
    ]);
    expect(rows[1]?.cells.map(({ onpick }) => Boolean(onpick))).toEqual([false, false, true]);
    rows[1]?.cells[2]?.onpick?.();
    expect(opened[0]?.filter).toEqual({ from: '2026-11-02', to: '2026-11-02', outcome: 'person' });
    const still = tableOf(chart({ items: null }), words, () => undefined);
    expect(still.rows[0]?.cells[1]?.onpick).toBeUndefined();
  });
});

describe('shapes', () => {
  it('put parts of a bar together, or say the rest below it', () => {
    const [whole] = barsOf(chart({ dimension: 'channel' }), words, true);
    expect([whole?.value, whole?.parts?.map(({ value }) => value)]).toEqual([4, [3, 1]]);
    const load = chart({
      dimension: 'member',
      series: [
        { key: 'handled', filter: {} },
        { key: 'first_reply', unit: 'seconds', filter: {} },
      ],
      rows: [row('u1', [4, 90]), row('u2', [2, null])],
    });
    expect(barsOf(load, words, false).map(({ value, detail }) => [value, detail])).toEqual([
      [4, 'first_reply 1m 30s'],
      [2, undefined],
    ]);
  });

  it('fill the week where the server named no hour', () => {
    const days = gridOf(chart({ rows: [row('1-9', [14]), row('7-23', [2])] }));
    expect([days[0]?.[9], days[6]?.[23], days[3]?.[3]]).toEqual([14, 2, 0]);
    expect(days.flat()).toHaveLength(168);
  });
});
