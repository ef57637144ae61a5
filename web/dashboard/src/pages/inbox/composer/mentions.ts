/** People called by `@name` in a note. Pure. */
interface Named {
  user_id: string;
  name: string;
}

/** Who of them is still called by the text. */
export function mentionsIn(text: string, people: readonly Named[]): string[] {
  return people.filter(({ name }) => text.includes(`@${name}`)).map(({ user_id }) => user_id);
}

export interface Piece {
  text: string;
  isMention: boolean;
}

/** The text cut where somebody is called. */
export function mentionPieces(text: string, people: readonly Named[]): Piece[] {
  // The longest first, so that “@Ann Lee” is not read as “@Ann”.
  const names = people.map(({ name }) => `@${name}`).sort((a, b) => b.length - a.length);
  const pieces: Piece[] = [];
  let plain = '';
  let rest = text;
  while (rest) {
    const called = names.find((name) => rest.startsWith(name));
    if (!called) {
      const next = rest.indexOf('@', 1);
      const end = next < 0 ? rest.length : next;
      plain += rest.slice(0, end);
      rest = rest.slice(end);
      continue;
    }
    if (plain) pieces.push({ text: plain, isMention: false });
    plain = '';
    pieces.push({ text: called, isMention: true });
    rest = rest.slice(called.length);
  }
  if (plain) pieces.push({ text: plain, isMention: false });
  return pieces;
}
