/** The board as it looks while moves are on their way. Pure. */
import { sumAmounts, timesAmount } from '$lib/crm/money';
import type { Deal, DealsTotal, PipelineStage } from '../data/types';

/** A deal that somebody has put into another column, before the server has said so. */
export interface Move {
  deal: Deal;
  to: PipelineStage;
}

export interface Shown {
  items: Deal[];
  count: number;
  totals: DealsTotal[];
}

/** A column with what leaves it left out, and what comes into it at the top. */
export function withMoves(stageId: string, column: Shown, moves: readonly Move[]): Shown {
  const shown = { ...column };
  for (const { deal, to } of moves) {
    const isThere = shown.items.some(({ id }) => id === deal.id);
    if (isThere && to.id !== stageId) {
      shown.items = shown.items.filter(({ id }) => id !== deal.id);
      shown.count -= 1;
      shown.totals = changed(shown.totals, deal, deal.probability, -1);
    } else if (!isThere && to.id === stageId) {
      const moved = {
        ...deal,
        stage: to.stage,
        pipeline_stage_id: to.id,
        pipeline_stage_name: to.name,
        probability: to.probability,
        days_in_stage: 0,
      };
      shown.items = [moved, ...shown.items];
      shown.count += 1;
      shown.totals = changed(shown.totals, deal, to.probability, 1);
    }
  }
  return shown;
}

/** Which card an arrow key leads to: `columns` are the ids of their cards. Null where there is none. */
export function neighbour(
  columns: readonly (readonly string[])[],
  id: string,
  key: string,
): string | null {
  const x = columns.findIndex((ids) => ids.includes(id));
  const y = columns[x]?.indexOf(id) ?? -1;
  if (key === 'ArrowDown') return columns[x]?.[y + 1] ?? null;
  if (key === 'ArrowUp') return columns[x]?.[y - 1] ?? null;
  const ahead = key === 'ArrowRight' ? columns.slice(x + 1) : columns.slice(0, x).reverse();
  const next = ahead.find((ids) => ids.length > 0);
  return next?.[Math.min(y, next.length - 1)] ?? null;
}

/** For how many days a deal may be in one stage. */
export const STALE_AFTER_DAYS = 30;

export function isStale({ stage, days_in_stage }: Deal): boolean {
  return !stage.startsWith('closed') && days_in_stage > STALE_AFTER_DAYS;
}

function changed(
  totals: readonly DealsTotal[],
  { currency, deal_value }: Deal,
  probability: number,
  by: 1 | -1,
): DealsTotal[] {
  const sign = by < 0 ? '-' : '';
  const weighted = timesAmount(deal_value, (probability / 100).toFixed(2));
  const known = totals.find((total) => total.currency === currency);
  const next = {
    currency,
    count: (known?.count ?? 0) + by,
    total: sumAmounts([known?.total ?? '0.00', sign + deal_value]),
    weighted: sumAmounts([known?.weighted ?? '0.00', sign + weighted]),
  };
  const all = known ? totals.map((total) => (total === known ? next : total)) : [...totals, next];
  return all.filter(({ count }) => count > 0);
}
