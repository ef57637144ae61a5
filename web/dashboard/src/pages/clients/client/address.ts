/** A postal address: an object whose lines have names of their own. Pure. */

export const lines = ['street', 'zip', 'city', 'region', 'country'] as const;
export type AddressLine = (typeof lines)[number];
export type Address = Record<AddressLine, string>;

/** What is stored may have other names too; they stay. */
export function addressOf(stored: unknown): Address {
  const known = (stored ?? {}) as Record<string, unknown>;
  const entries = lines.map((line) => [line, typeof known[line] === 'string' ? known[line] : '']);
  return Object.fromEntries(entries) as Address;
}

/** As an envelope has it; '' for none. */
export function addressText(stored: unknown): string {
  const { street, zip, city, region, country } = addressOf(stored);
  const place = [zip, city].filter(Boolean).join(' ');
  return [street, place, region, country].filter(Boolean).join('\n');
}

/** What to store; null when nothing is left. */
export function withAddress(stored: unknown, draft: Address): Record<string, unknown> | null {
  const others = Object.entries((stored ?? {}) as Record<string, unknown>).filter(
    ([name]) => !(lines as readonly string[]).includes(name),
  );
  const given = lines.map((line) => [line, draft[line].trim()]).filter(([, text]) => text !== '');
  const entries = [...others, ...given] as [string, unknown][];
  return entries.length > 0 ? Object.fromEntries(entries) : null;
}
