import { describe, expect, it } from 'vitest';
import type { Deal, PipelineStage } from '../data/types';
import { neighbour, withMoves } from './board';

const deal = (id: string, deal_value: string, currency = 'EUR') =>
  ({
    id,
    deal_value,
    currency,
    probability: 10,
    pipeline_stage_id: 'a',
    stage: 'prospecting',
  }) as Deal;
const stage = (id: string, probability: number) =>
  ({ id, name: id, stage: 'proposal', probability, position: 0, deals: 0 }) as PipelineStage;
const column = {
  items: [deal('1', '0.10'), deal('2', '0.20')],
  count: 2,
  totals: [{ currency: 'EUR', count: 2, total: '0.30', weighted: '0.03' }],
};
const empty = { items: [], count: 0, totals: [] };

describe('withMoves', () => {
  it('takes a card out of its column, with its value', () => {
    const shown = withMoves('a', column, [{ deal: deal('1', '0.10'), to: stage('b', 50) }]);
    expect(shown.items.map(({ id }) => id)).toEqual(['2']);
    expect(shown.totals).toEqual([{ currency: 'EUR', count: 1, total: '0.20', weighted: '0.02' }]);
  });

  it('puts it at the top of the other one, as likely as that column says', () => {
    const shown = withMoves('b', empty, [{ deal: deal('1', '0.10'), to: stage('b', 50) }]);
    expect(shown.items[0]).toMatchObject({ id: '1', pipeline_stage_id: 'b', days_in_stage: 0 });
    expect(shown.totals).toEqual([{ currency: 'EUR', count: 1, total: '0.10', weighted: '0.05' }]);
  });

  it('never adds two currencies', () => {
    const shown = withMoves('a', column, [{ deal: deal('3', '1.00', 'USD'), to: stage('a', 10) }]);
    expect(shown.totals.map(({ currency, total }) => [currency, total])).toEqual([
      ['EUR', '0.30'],
      ['USD', '1.00'],
    ]);
  });

  it('changes nothing once the server has said the same', () => {
    const moved = [{ deal: deal('1', '0.10'), to: stage('a', 10) }];
    expect(withMoves('a', column, moved)).toEqual(column);
  });
});

describe('neighbour', () => {
  const columns = [['1', '2'], [], ['3']];
  it('steps over empty columns and stays within', () => {
    expect(neighbour(columns, '2', 'ArrowRight')).toBe('3');
    expect(neighbour(columns, '3', 'ArrowLeft')).toBe('1');
    expect(neighbour(columns, '1', 'ArrowDown')).toBe('2');
    expect(neighbour(columns, '1', 'ArrowUp')).toBeNull();
    expect(neighbour(columns, '3', 'ArrowRight')).toBeNull();
  });
});
