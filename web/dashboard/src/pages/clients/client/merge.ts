/** Two clients side by side: where they differ, and what choosing the other's value means. Pure. */
import type { Client, ClientPatch } from '$lib/crm/types';

export const compared = [
  'name',
  'company_name',
  'email',
  'phone',
  'secondary_phone',
  'client_type',
  'lifecycle_stage',
  'assigned_to',
  'ecommerce_customer_id',
] as const;
export type Compared = (typeof compared)[number];

export type Side = 'kept' | 'merged';

export interface Difference {
  field: Compared;
  kept: string;
  merged: string;
}

/** Fields of which either says something, and not the same. */
export function differences(kept: Client, merged: Client): Difference[] {
  return compared
    .map((field) => ({ field, kept: kept[field] ?? '', merged: merged[field] ?? '' }))
    .filter((one) => one.kept !== one.merged);
}

/** What stays if nobody chooses: the kept one's, and the other's where it has none. */
export function usualSide({ kept }: Difference): Side {
  return kept === '' ? 'merged' : 'kept';
}

/**
 * What has to be changed after the merge, which fills empty fields by itself: values of the other that were chosen over
 * the kept one's. The number in the shop stays with whom the shop knows by it.
 */
export function chosenPatch(
  found: readonly Difference[],
  sides: Partial<Record<Compared, Side>>,
): ClientPatch | null {
  const chosen = found.filter(
    (one) => sides[one.field] === 'merged' && one.kept !== '' && one.merged !== '',
  );
  const entries = chosen.map(({ field, merged }) => [field, merged]);
  return entries.length > 0 ? (Object.fromEntries(entries) as ClientPatch) : null;
}
