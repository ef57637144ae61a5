/** Clients that may be one, as the page lists them. Pure. */
import type { DuplicatePair } from '$lib/crm/clients';
import type { ClientRow } from '$lib/crm/types';

export interface Pair {
  key: string;
  /** `email`, `phone`. */
  reasons: string[];
  /** The older one first. */
  sides: [ClientRow, ClientRow];
}

/** Each two once, with all that is the same. */
export function pairsOf(found: readonly DuplicatePair[]): Pair[] {
  const pairs = new Map<string, Pair>();
  for (const { reason, a, b } of found) {
    const key = `${a.id} ${b.id}`;
    const known = pairs.get(key);
    if (known) known.reasons.push(reason);
    else pairs.set(key, { key, reasons: [reason], sides: [a, b] });
  }
  return [...pairs.values()];
}

/** Which of the two probably stays: who has ordered more, else who has written, else the older one. */
export function likelyKept([a, b]: Pair['sides']): 0 | 1 {
  if (a.total_orders !== b.total_orders) return b.total_orders > a.total_orders ? 1 : 0;
  return b.contact_id && !a.contact_id ? 1 : 0;
}
