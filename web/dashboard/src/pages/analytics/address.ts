/** What the pages show, as their address says it. Pure. */
import { datesOf, isDate, ranges, STANDARD_RANGE, type Dates, type Range } from './range';

export const pageIds = [
  'overview',
  'ai',
  'topics',
  'knowledge',
  'team',
  'channels',
  'sales',
  'usage',
] as const;
export type PageId = (typeof pageIds)[number];

export const comparisons = ['previous', 'year', 'off'] as const;
export type Comparison = (typeof comparisons)[number];

export const grains = ['day', 'week', 'month'] as const;

export const filterNames = [
  'channel_id',
  'user_id',
  'language',
  'label_id',
  'outcome',
  'pipeline_id',
] as const;
export type FilterName = (typeof filterNames)[number];

/** What narrows the numbers of each page. */
export const filtersOf: Record<PageId, readonly FilterName[]> = {
  overview: ['channel_id', 'user_id', 'language', 'label_id', 'outcome'],
  ai: ['channel_id', 'user_id', 'language', 'label_id', 'outcome'],
  topics: ['channel_id', 'language'],
  knowledge: ['channel_id', 'language'],
  team: ['channel_id', 'user_id', 'language', 'label_id'],
  channels: ['channel_id', 'user_id', 'language', 'label_id', 'outcome'],
  sales: ['user_id', 'pipeline_id'],
  usage: [],
};

/** Values of the query, by the names that the API has for them. */
export type Query = Record<string, string>;

export interface View {
  range: Range;
  dates: Dates;
  compare: Comparison;
  /** '' chooses by the range. */
  grain: string;
  filters: Partial<Record<FilterName, string>>;
}

/** What the address asks for; what it says wrong is left out. */
export function readView(search: string, today: string): View {
  const query = new URLSearchParams(search);
  const value = (name: string) => query.get(name) ?? '';
  const [from, to] = [value('from'), value('to')];
  const isCustom = isDate(from) && isDate(to) && from <= to;
  const named = ranges.find((one) => one === value('range') && one !== 'custom');
  const range = isCustom ? 'custom' : (named ?? STANDARD_RANGE);
  return {
    range,
    dates: range === 'custom' ? { from, to } : datesOf(range, today),
    compare: comparisons.find((one) => one === value('compare')) ?? 'previous',
    grain: grains.find((one) => one === value('grain')) ?? '',
    filters: Object.fromEntries(
      filterNames.map((name) => [name, value(name)]).filter(([, text]) => text),
    ) as View['filters'],
  };
}

/** What the API is asked for. */
export function apiQuery(page: PageId, { dates, compare, grain, filters }: View): Query {
  const used = filtersOf[page].flatMap((name) => (filters[name] ? [[name, filters[name]]] : []));
  return {
    ...dates,
    ...(compare !== 'off' && { compare }),
    ...(grain && { grain }),
    ...(Object.fromEntries(used) as Query),
  };
}

export function withParameters(path: string, query: Query): string {
  const text = new URLSearchParams(query).toString();
  return text ? `${path}?${text}` : path;
}

/** What lies behind a number: whose number it is, of what, and what narrows it beside the page's own filter. */
export interface Behind {
  metric: string;
  items: string;
  filter: Query;
}

/** As it stands in the address: `automation_rate.conversations?outcome=bot`. */
export function writeBehind({ metric, items, filter }: Behind): string {
  return withParameters(`${metric}.${items}`, filter);
}

export function readBehind(text: string): Behind | null {
  const [name = '', search = ''] = text.split('?');
  const match = /^(\w+)\.(conversations|answers|gaps|deals)$/.exec(name);
  if (!match) return null;
  const [, metric = '', items = ''] = match;
  return { metric, items, filter: Object.fromEntries(new URLSearchParams(search)) };
}
