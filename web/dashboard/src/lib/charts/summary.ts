/** A chart in one sentence, for those who do not see it. */
import { locale, t } from '../../i18n/index.svelte';
import { UNKNOWN } from './table';
import type { Point, Series, Unit } from './types';
import { valueText } from './words';

/** “Conversations by outcome. 23 October to 21 November. Resolved by the AI: 52 to 158, last 92. …” */
export function summaryOf(
  title: string,
  points: readonly Point[],
  series: readonly Series[],
  unit: Unit,
): string {
  const [first, last] = [points[0], points.at(-1)];
  const span = first && last ? t('chart.span', { from: first.full, to: last.full }) : '';
  return [title, span, ...series.map((one) => seriesSummary(one, unit))].filter(Boolean).join('. ');
}

function seriesSummary({ label, values }: Series, unit: Unit): string {
  const known = values.filter((value) => value !== null);
  const last = known.at(-1);
  if (last === undefined) return t('chart.unknown', { label });
  const text = (value: number) => valueText(value, unit, locale());
  return t('chart.seriesSummary', {
    label,
    least: text(Math.min(...known)),
    most: text(Math.max(...known)),
    last: text(last),
  });
}

/** “–” where a value is not known. */
export function textOf(value: number | null | undefined, unit: Unit): string {
  return value === null || value === undefined ? UNKNOWN : valueText(value, unit, locale());
}
