/** What the server says of a range, by the names that the pages have for it. */
import type { components } from '$shared/api/schema';

type Schemas = components['schemas'];

export type PageData = Schemas['AnalyticsPage'];
export type Figure = Schemas['AnalyticsFigure'];
export type Chart = Schemas['AnalyticsChart'];
export type ChartSeries = Schemas['AnalyticsSeries'];
export type ChartRow = Schemas['AnalyticsRow'];
export type Metric = Schemas['AnalyticsMetric'];

export type BehindConversation = Schemas['AnalyticsConversation'];
export type BehindAnswer = Schemas['AnalyticsAnswer'];
export type BehindGap = Schemas['AnalyticsGap'];
export type BehindDeal = Schemas['AnalyticsDeal'];

/** What is behind a number: which of them, its address says. */
export type BehindItem = BehindConversation | BehindAnswer | BehindGap | BehindDeal;
export interface BehindPage {
  count: number;
  items: BehindItem[];
  next_cursor?: string | null;
}
