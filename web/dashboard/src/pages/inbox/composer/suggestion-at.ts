/** Whether the letters before the cursor ask for a list: `/` for saved replies, `@` for people in a note. Pure. */
export interface Trigger {
  kind: 'saved-reply' | 'mention';
  /** What has been typed after the sign. */
  search: string;
  /** Where the sign stands. */
  start: number;
}

export function suggestionAt(before: string, kind: 'reply' | 'note'): Trigger | null {
  const slash = /(?:^|\s)\/([\p{L}\p{N}_-]*)$/u.exec(before);
  if (slash) return triggerOf('saved-reply', slash[1] ?? '', before);
  const at = kind === 'note' ? /(?:^|\s)@([\p{L}\p{N}._-]*)$/u.exec(before) : null;
  return at ? triggerOf('mention', at[1] ?? '', before) : null;
}

function triggerOf(kind: Trigger['kind'], search: string, before: string): Trigger {
  return { kind, search, start: before.length - search.length - 1 };
}
