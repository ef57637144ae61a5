/** How charts, their rows and what is behind them are called. */
import type { Point } from '$lib/charts/types';
import { dateText, hourText, rangeText, spanText, weekdays, type Grain } from '$lib/charts/words';
import { dealStageName, dealStages } from '$lib/crm/words';
import { languageName } from '../inbox/names';
import { language, locale, t } from '../../i18n/index.svelte';
import type { Comparison, PageId } from './address';
import type { ChartName } from './layout';
import type { Range } from './range';
import type { Chart, ChartRow, ChartSeries, Metric } from './types';

export const pageName = (page: PageId) => t(`analyticsPage.${page}`);
export const rangeName = (range: Range) => t(`analyticsRange.${range}`);
export const comparisonName = (compare: Comparison) => t(`analyticsCompare.${compare}`);
export const chartTitle = (chart: ChartName) => t(`analyticsChart.${chart}`);

const outcomes = ['bot', 'handed_over', 'person', 'unanswered'] as const;
const steps = ['begun', 'answered', 'resolved', 'rated'] as const;
const ages = ['1h', '4h', '1d', '3d', '7d', 'older'] as const;
const handOvers = ['visitor_asked', 'low_confidence', 'agent', 'bot_limit', 'approval'] as const;
const series = [
  ...['up', 'down', 'opened', 'closed', 'median', 'p50', 'p90', 'p95'],
  ...['answers', 'deals', 'age'],
] as const;
const unknowns = [
  'no_conversations',
  'no_answers',
  'nobody_rated',
  'nobody_resolved',
  'too_early',
  'no_person_replied',
  'bot_did_not_reply',
  'no_deals_closed',
  'no_prices',
  'nothing_resolved',
  'no_replies',
  'no_deals_won',
  'not_by_filter',
  'several_currencies',
] as const;

function among<Word extends string>(words: readonly Word[], text: string): Word | undefined {
  return words.find((word) => word === text);
}

export function outcomeName(text: string): string {
  const outcome = among(outcomes, text);
  return outcome ? t(`analyticsOutcome.${outcome}`) : text;
}

export const outcomeOptions = () => outcomes.map((value) => ({ value, label: outcomeName(value) }));

export function handOverName(text: string): string {
  const reason = among(handOvers, text);
  return reason ? t(`reason.${reason}`) : text;
}

/** Why a number is not known. */
export function unknownText(text: string): string {
  const reason = among(unknowns, text);
  return reason ? t(`analyticsUnknown.${reason}`) : '';
}

/** Of a number, in the language on screen; the server keeps the names and what they mean. */
export function metricName(metric: Metric | undefined, code: string): string {
  return metric?.name[language()] ?? code;
}

export function seriesName(one: ChartSeries, metrics: Record<string, Metric>): string {
  if (one.label) return one.label;
  const metric = metrics[one.key];
  if (metric) return metricName(metric, one.key);
  const word = among(series, one.key);
  return word ? t(`analyticsSeries.${word}`) : outcomeName(one.key);
}

/** A place on the axis of a chart. */
export function pointOf(chart: Chart, row: ChartRow, grain: Grain): Point {
  if (chart.dimension === 'time')
    return { short: dateText(row.key, grain, locale()), full: span(row, grain) };
  const full = rowName(chart.dimension, row);
  return { short: full, full };
}

/** The first and the last part of a range may be cut. */
function span({ key, filter }: ChartRow, grain: Grain): string {
  const { from, to } = filter;
  if (grain === 'week' && from && to) return rangeText(from, to, locale());
  return spanText(key, grain, locale());
}

function rowName(dimension: string, { key, label }: ChartRow): string {
  if (label) return label;
  switch (dimension) {
    case 'member':
      return t('analytics.formerMember');
    case 'language':
      return key === 'none' ? t('analytics.noLanguage') : languageName(key);
    case 'reason':
      return key ? handOverName(key) : t('analytics.none');
    case 'stage': {
      const stage = among(dealStages, key);
      return stage ? dealStageName(stage) : key;
    }
    case 'step': {
      const step = among(steps, key);
      return step ? t(`analyticsStep.${step}`) : key;
    }
    case 'age': {
      const age = among(ages, key);
      return age ? t(`analyticsAge.${age}`) : key;
    }
    case 'weekday_hour': {
      const [day = 1, hour = 0] = key.split('-').map(Number);
      return `${weekdays(locale(), 'long')[day - 1] ?? ''}, ${hourText(hour, locale(), true)}`;
    }
    case 'bin': {
      const from = Number(key) * 10;
      return t('chart.bin', { from: `${String(from)} %`, to: `${String(from + 10)} %` });
    }
    default:
      return key === 'none' ? t('analytics.none') : key;
  }
}

export function axisName(dimension: string): string {
  return dimension === 'time' ? t('analytics.date') : t('analytics.name');
}

/** What narrows the list behind a number, in words; ids that only a list could name are left out. */
export function filterWords(filter: Record<string, string>): string {
  const { from, to, weekday, hour, outcome, reason, language: code } = filter;
  const word = (dimension: string) => {
    const key = filter[dimension];
    return key && rowName(dimension, { key, filter: {}, values: [] });
  };
  const isDay = from && from === to;
  return [
    isDay ? spanText(from, 'day', locale()) : from && to ? rangeText(from, to, locale()) : '',
    weekday && hour
      ? rowName('weekday_hour', { key: `${weekday}-${hour}`, filter: {}, values: [] })
      : '',
    outcome && outcomeName(outcome),
    reason && handOverName(reason),
    code && word('language'),
    word('step'),
    word('age'),
    word('bin'),
    filter.feedback === 'up' ? t('thread.up') : filter.feedback ? t('thread.down') : '',
    filter.lost_reason,
    filter.currency,
  ]
    .filter(Boolean)
    .join(' · ');
}
