/** What a messaging channel allows now, in figures. Pure. */
import type { ConversationChannel, MessageTemplate } from '$lib/data/messaging';

type Capabilities = NonNullable<ConversationChannel['capabilities']>;
export type TextLimit = Capabilities['text_limit'];

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** With less than this left, it is said how much. */
const WARNED = 4 * HOUR;

export type Window =
  | { kind: 'open' }
  | { kind: 'closing'; unit: 'hours' | 'minutes'; count: number }
  | { kind: 'closed' };

/** The clock here may see the window close before the server is asked again. */
export function windowOf(
  { is_window_open, window_closes_at: closesAt }: ConversationChannel,
  now: number,
): Window {
  if (!is_window_open) return { kind: 'closed' };
  if (!closesAt) return { kind: 'open' };
  const left = Date.parse(closesAt) - now;
  if (left <= 0) return { kind: 'closed' };
  if (left >= WARNED) return { kind: 'open' };
  if (left >= HOUR) return { kind: 'closing', unit: 'hours', count: Math.floor(left / HOUR) };
  return { kind: 'closing', unit: 'minutes', count: Math.max(1, Math.floor(left / MINUTE)) };
}

/** How long a text is as the vendor counts. */
export function lengthOf(text: string, { unit }: TextLimit): number {
  if (unit === 'utf16') return text.length;
  if (unit === 'bytes') return new TextEncoder().encode(text).length;
  return [...text].length;
}

export interface TextCount {
  used: number;
  most: number;
  /** Long texts are split; so many messages at least. */
  pieces: number;
}

/** Nothing to say while there is plenty of room. */
export function countOf(text: string, limit: TextLimit): TextCount | null {
  const used = lengthOf(text, limit);
  if (used < limit.most * 0.8) return null;
  return { used, most: limit.most, pieces: Math.ceil(used / limit.most) };
}

/** The template's text with its places filled in; an empty place stays in sight. */
export function filledIn({ body }: MessageTemplate, parameters: readonly string[]): string {
  return body.replace(/\{\{(\d+)\}\}/g, (place, number: string) => {
    const text = parameters[Number(number) - 1]?.trim();
    return text ? text : place;
  });
}
