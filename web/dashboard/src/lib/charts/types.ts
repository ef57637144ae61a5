/** What charts are drawn from. */

/** How a number is written, and which steps an axis takes. `percent` goes to 100, `seconds` are lengths of time. */
export type Unit = 'count' | 'percent' | 'seconds' | { currency: string };

/** One of the six series colours of tokens.css. */
export type Color = 1 | 2 | 3 | 4 | 5 | 6;

export interface Series {
  id: string;
  label: string;
  color: Color;
  /** One for each point of the axis; null is not known, which is not 0. */
  values: readonly (number | null)[];
  /** The id of the series that this is the past of: drawn dashed, in the same colour. */
  pastOf?: string;
}

/** A point of the horizontal axis. */
export interface Point {
  /** Below the axis, where there is room. */
  short: string;
  /** In the tooltip and the table. */
  full: string;
}

/** What a chart says, as rows: “View as table”. */
export interface Table {
  head: readonly string[];
  rows: readonly Row[];
}

export interface Row {
  id: string;
  cells: readonly Cell[];
}

export interface Cell {
  text: string;
  /** Opens what is behind the number. */
  onpick?: (() => void) | undefined;
}

/** One row of a list of bars. */
export interface Bar {
  id: string;
  label: string;
  value: number | null;
  /** What stands behind the value, in grey. */
  note?: string;
  /** What stands below it, where there is more to say. */
  detail?: string;
  color?: Color;
  /** What the bar is made of, if it is not of one piece. */
  parts?: readonly { value: number; color: Color }[];
}

/** One line of a tooltip. */
export interface TipLine {
  id: string;
  label: string;
  text: string;
  color: Color;
  isDashed?: boolean;
}
