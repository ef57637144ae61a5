/**
 * A list that stays still while somebody points at it. Pure: what to show instead of the newest order, and how many
 * changes wait. Rows keep their places; what they say is up to date.
 */
export interface Held<Item> {
  shown: Item[];
  /** New, moved or gone since the list was last in order. */
  waiting: number;
}

interface Row {
  id: string;
}

/**
 * `before` is what is on screen; `time` is what the order depends on. Rows that `isOwn` names were changed
 * here: they are no news, and go at once where they have been sent away.
 */
export function hold<Item extends Row>(
  before: readonly Item[],
  latest: readonly Item[],
  time: (item: Item) => number,
  applied: ReadonlyMap<string, number>,
  isOwn: (id: string) => boolean,
): Held<Item> {
  if (isSameOrder(before, latest)) {
    const moved = latest.filter((item) => time(item) !== applied.get(item.id) && !isOwn(item.id));
    return { shown: [...latest], waiting: moved.length };
  }
  const newest = new Map(latest.map((item) => [item.id, item]));
  const known = new Set(before.map(({ id }) => id));
  const shown: Item[] = [];
  let waiting = 0;
  for (const old of before) {
    const item = newest.get(old.id);
    if (!item && isOwn(old.id)) continue;
    if (!item || (time(item) !== applied.get(old.id) && !isOwn(old.id))) waiting += 1;
    shown.push(item ?? old);
  }
  const last = latest.findLastIndex(({ id }) => known.has(id));
  for (const [index, item] of latest.entries()) {
    if (known.has(item.id)) continue;
    // After all that is on screen: the next page, which moves nothing.
    if (index > last) shown.push(item);
    else waiting += 1;
  }
  return { shown, waiting };
}

function isSameOrder(before: readonly Row[], latest: readonly Row[]): boolean {
  return before.length === latest.length && before.every(({ id }, at) => latest[at]?.id === id);
}
