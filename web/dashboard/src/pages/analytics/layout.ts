/** Which charts each page shows, in their order, and how each is drawn. */
import type { PageId } from './address';

export type Kind =
  'area' | 'lines' | 'columns' | 'stacked' | 'bars' | 'funnel' | 'histogram' | 'heatmap' | 'names';

export type ChartName = (typeof charts)[number]['chart'];

interface Look {
  kind: Kind;
  /** Takes the whole width. */
  isWide?: boolean;
}
export type Slot = Look & { chart: ChartName };

const charts = [
  { page: 'overview', chart: 'outcomes', kind: 'area', isWide: true },
  { page: 'overview', chart: 'hours', kind: 'heatmap' },
  { page: 'ai', chart: 'rates', kind: 'lines', isWide: true },
  { page: 'ai', chart: 'funnel', kind: 'funnel' },
  { page: 'ai', chart: 'reasons', kind: 'bars' },
  { page: 'ai', chart: 'confidence', kind: 'histogram' },
  { page: 'ai', chart: 'feedback', kind: 'stacked' },
  { page: 'topics', chart: 'gaps', kind: 'columns', isWide: true },
  { page: 'knowledge', chart: 'used', kind: 'bars' },
  { page: 'knowledge', chart: 'unused', kind: 'names' },
  { page: 'knowledge', chart: 'without_source', kind: 'lines', isWide: true },
  { page: 'team', chart: 'first_reply', kind: 'lines' },
  { page: 'team', chart: 'resolution_time', kind: 'lines' },
  { page: 'team', chart: 'load', kind: 'bars' },
  { page: 'team', chart: 'open_by_age', kind: 'bars' },
  { page: 'channels', chart: 'channels', kind: 'bars' },
  { page: 'channels', chart: 'languages', kind: 'bars' },
  { page: 'channels', chart: 'channels_over_time', kind: 'stacked', isWide: true },
  { page: 'channels', chart: 'satisfaction', kind: 'bars' },
  { page: 'sales', chart: 'pipeline', kind: 'funnel' },
  { page: 'sales', chart: 'value', kind: 'bars' },
  { page: 'sales', chart: 'win_rate', kind: 'lines' },
  { page: 'sales', chart: 'time_in_stage', kind: 'bars' },
  { page: 'sales', chart: 'revenue', kind: 'columns' },
  { page: 'sales', chart: 'lost_reasons', kind: 'bars' },
  { page: 'usage', chart: 'tokens', kind: 'stacked', isWide: true },
  { page: 'usage', chart: 'cost', kind: 'columns' },
  { page: 'usage', chart: 'answer_time', kind: 'lines' },
] as const satisfies readonly (Look & { page: PageId; chart: string })[];

export function slotsOf(page: PageId): Slot[] {
  return charts.filter((one) => one.page === page);
}
