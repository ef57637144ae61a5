/** Gaps that were put off: they come last, until the browser's tab is closed. */

const KEY = 'rapport.gaps.later';

export function readLater(): string[] {
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? '[]');
    return Array.isArray(stored) ? stored.filter((id) => typeof id === 'string') : [];
  } catch {
    return [];
  }
}

export function writeLater(ids: string[]): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(ids));
  } catch {
    // A browser that stores nothing: they come last for as long as the page is open.
  }
}

/** The others first, then those put off in the order in which that was done. Pure. */
export function inOrder<Item extends { id: string }>(
  items: readonly Item[],
  later: readonly string[],
): Item[] {
  const place = ({ id }: Item) => later.indexOf(id);
  return [...items].sort((a, b) => place(a) - place(b));
}
