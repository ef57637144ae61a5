/** What was added to a text and what was taken out of it, word by word. Pure. */

export interface Piece {
  kind: 'same' | 'added' | 'removed';
  text: string;
}

/** From so many different words on, the texts have nothing to do with each other: one stands for the other. */
const MOST_EDITS = 600;

/** The pieces of both texts in reading order; what is not `added` makes the first text, what is not `removed` the second. */
export function diffWords(before: string, after: string): Piece[] {
  const [old, now] = [words(before), words(after)];
  const start = commonStart(old, now);
  const end = commonEnd(old.slice(start), now.slice(start));
  const [oldMiddle, nowMiddle] = [old, now].map((all) => all.slice(start, all.length - end));
  return joined([
    ...same(old.slice(0, start)),
    ...changed(oldMiddle ?? [], nowMiddle ?? []),
    ...same(end > 0 ? old.slice(-end) : []),
  ]);
}

/** Lines that were added, removed or kept, for lists whose order says nothing. */
export function diffLines(before: readonly string[], after: readonly string[]): Piece[] {
  return [
    ...before.map((text) => piece(after.includes(text) ? 'same' : 'removed', text)),
    ...after.filter((text) => !before.includes(text)).map((text) => piece('added', text)),
  ];
}

/** The same pieces with long stretches that nobody changed cut down to their ends. */
export function shortened(pieces: readonly Piece[], longest = 320): Piece[] {
  const kept = Math.floor(longest / 3);
  return pieces.map(({ kind, text }, index) => {
    if (kind !== 'same' || text.length <= longest || pieces.length === 1) return { kind, text };
    const head = index === 0 ? '' : text.slice(0, kept);
    const tail = index === pieces.length - 1 ? '' : text.slice(-kept);
    return { kind, text: `${head} … ${tail}` };
  });
}

function words(text: string): string[] {
  return text.match(/\s+|[\p{L}\p{N}_'’]+|[^\s\p{L}\p{N}_'’]/gu) ?? [];
}

function piece(kind: Piece['kind'], text: string): Piece {
  return { kind, text };
}

function same(tokens: string[]): Piece[] {
  return tokens.map((text) => piece('same', text));
}

function commonStart(old: string[], now: string[]): number {
  let length = 0;
  while (length < old.length && length < now.length && old[length] === now[length]) length++;
  return length;
}

function commonEnd(old: string[], now: string[]): number {
  return commonStart(old.toReversed(), now.toReversed());
}

/** The shortest way from one to the other, as Myers finds it. */
function changed(old: string[], now: string[]): Piece[] {
  const steps = furthestReaches(old, now);
  if (!steps) {
    return [piece('removed', old.join('')), piece('added', now.join(''))];
  }
  const pieces: Piece[] = [];
  let [x, y] = [old.length, now.length];
  for (let edits = steps.length - 1; x > 0 || y > 0; edits--) {
    const reach = steps[edits] ?? new Map<number, number>();
    const diagonal = x - y;
    const previous = comesDown(reach, diagonal, edits) ? diagonal + 1 : diagonal - 1;
    const fromX = edits === 0 ? 0 : (reach.get(previous) ?? 0);
    const fromY = edits === 0 ? 0 : fromX - previous;
    while (x > fromX && y > fromY) pieces.push(piece('same', old[(y--, --x)] ?? ''));
    if (edits === 0) break;
    if (x === fromX) pieces.push(piece('added', now[--y] ?? ''));
    else pieces.push(piece('removed', old[--x] ?? ''));
  }
  return pieces.reverse();
}

/** For every number of edits, how far each diagonal came with fewer; null when there are too many. */
function furthestReaches(old: string[], now: string[]): Map<number, number>[] | null {
  const steps: Map<number, number>[] = [];
  const reach = new Map<number, number>([[1, 0]]);
  for (let edits = 0; edits <= Math.min(MOST_EDITS, old.length + now.length); edits++) {
    steps.push(new Map(reach));
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      let x = comesDown(reach, diagonal, edits)
        ? (reach.get(diagonal + 1) ?? 0)
        : (reach.get(diagonal - 1) ?? 0) + 1;
      while (x < old.length && x - diagonal < now.length && old[x] === now[x - diagonal]) x++;
      reach.set(diagonal, x);
      if (x >= old.length && x - diagonal >= now.length) return steps;
    }
  }
  return null;
}

/** Whether the diagonal is reached by adding a word rather than by leaving one out. */
function comesDown(reach: Map<number, number>, diagonal: number, edits: number): boolean {
  if (diagonal === -edits) return true;
  if (diagonal === edits) return false;
  return (reach.get(diagonal - 1) ?? -1) < (reach.get(diagonal + 1) ?? -1);
}

/** Neighbours of one kind as one piece; between two changes a lone space belongs to both, so that phrases stay whole. */
function joined(pieces: Piece[]): Piece[] {
  const result: Piece[] = [];
  let [removed, added] = ['', ''];
  const flush = () => {
    if (removed) result.push(piece('removed', removed));
    if (added) result.push(piece('added', added));
    [removed, added] = ['', ''];
  };
  for (const [index, { kind, text }] of pieces.entries()) {
    const next = pieces[index + 1]?.kind;
    if (kind === 'removed') removed += text;
    else if (kind === 'added') added += text;
    else if (removed && added && next && next !== 'same' && !text.trim()) {
      removed += text;
      added += text;
    } else {
      flush();
      const last = result.at(-1);
      if (last?.kind === 'same') last.text += text;
      else result.push(piece('same', text));
    }
  }
  flush();
  return slid(result);
}

/** An addition or removal that begins with the mark that follows it reads better one mark later: “. Ask us” as “ Ask us.” */
function slid(pieces: Piece[]): Piece[] {
  for (const [index, changed] of pieces.entries()) {
    const [previous, next] = [pieces[index - 1], pieces[index + 1]];
    const [mark = ''] = changed.text;
    const isAlone = previous?.kind === 'same' && next?.kind === 'same';
    if (!isAlone || changed.kind === 'same') continue;
    if (/[\s\p{L}\p{N}]/u.test(mark) || !next.text.startsWith(mark)) continue;
    previous.text += mark;
    changed.text = changed.text.slice(mark.length) + mark;
    next.text = next.text.slice(mark.length);
  }
  return pieces.filter(({ text }) => text !== '');
}
