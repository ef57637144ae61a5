/** What was bought, by currency: amounts of different ones stand beside each other and are never added. Pure. */

export interface Revenue {
  currency: string;
  orders: number;
  total: string;
}

/** The workspace's own currency first, then by their codes. */
export function revenues(byCurrency: unknown, own: string): Revenue[] {
  const entries = Object.entries(
    (byCurrency ?? {}) as Record<string, { orders: number; total: string }>,
  );
  const rank = (currency: string) => (currency === own ? `0` : `1${currency}`);
  return entries
    .map(([currency, { orders, total }]) => ({ currency, orders, total }))
    .sort((one, other) => (rank(one.currency) < rank(other.currency) ? -1 : 1));
}
