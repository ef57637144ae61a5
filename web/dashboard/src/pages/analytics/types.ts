/** What the server says of a range. */

export interface PageData {
  range: {
    from: string;
    to: string;
    grain: 'day' | 'week' | 'month';
    time_zone: string;
    previous?: { from: string; to: string } | null;
    is_current: boolean;
  };
  figures: Figure[];
  charts: Chart[];
}

export interface Figure {
  metric: string;
  currency?: string | null;
  unit: string;
  value?: number | null;
  part?: number | null;
  whole?: number | null;
  reason?: string | null;
  previous?: number | null;
  change?: number | null;
  change_unit: string;
  items?: string | null;
}

export interface Chart {
  chart: string;
  dimension: string;
  unit: string;
  metric?: string | null;
  items?: string | null;
  has_data: boolean;
  series: ChartSeries[];
  rows: ChartRow[];
}

export interface ChartSeries {
  key: string;
  label?: string | null;
  /** Its own, where it is not the chart's. */
  metric?: string | null;
  items?: string | null;
  unit?: string | null;
  filter: Record<string, string>;
}

export interface ChartRow {
  key: string;
  label?: string | null;
  filter: Record<string, string>;
  values: (number | null)[];
  previous?: (number | null)[] | null;
}

export interface Metric {
  metric: string;
  page: string;
  unit: string;
  better?: string | null;
  definition: { en: string; fr: string };
  name: { en: string; fr: string };
}

/** What is behind a number. */
export interface BehindPage {
  count: number;
  items: BehindItem[];
  next_cursor?: string | null;
}

export interface BehindItem {
  id: string;
}

export interface BehindConversation extends BehindItem {
  began_at: string;
  outcome: string;
  status: string;
  contact_name?: string | null;
  channel_name?: string | null;
  language?: string | null;
  assignee_name?: string | null;
  rating?: number | null;
  hand_over_reason?: string | null;
  first_reply_seconds?: number | null;
  last_message_preview?: string | null;
  last_message_at?: string | null;
}

export interface BehindAnswer extends BehindItem {
  conversation_id: string;
  question?: string | null;
  mode: string;
  confidence?: number | null;
  feedback?: string | null;
  answered_at: string;
}

export interface BehindGap extends BehindItem {
  question: string;
  status: string;
  times_asked: number;
  opened_at: string;
  closed_at?: string | null;
}

export interface BehindDeal extends BehindItem {
  name: string;
  client_name?: string | null;
  stage_name?: string | null;
  value?: string | number | null;
  currency?: string | null;
  owner_name?: string | null;
  opened_at: string;
  closed_on?: string | null;
}
