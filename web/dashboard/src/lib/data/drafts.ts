/** What has been written but not sent, by conversation or gap, and kind; kept in this tab, also when it is loaded again. */
import type { Attachment } from '../api';

export interface Draft {
  text: string;
  attachment?: Attachment | null;
}

/** An answer to a gap is kept by the gap. */
type Kind = 'reply' | 'note' | 'gap';

const PREFIX = 'rapport.draft.';
const kept = new Map<string, Draft>();

function nameOf(id: string, kind: Kind): string {
  return `${PREFIX}${kind}.${id}`;
}

export function keepDraft(id: string, kind: Kind, draft: Draft): void {
  const name = nameOf(id, kind);
  const isEmpty = !draft.text && !draft.attachment;
  if (isEmpty) kept.delete(name);
  else kept.set(name, draft);
  try {
    if (isEmpty) sessionStorage.removeItem(name);
    else sessionStorage.setItem(name, JSON.stringify(draft));
  } catch {
    // Blocked or full: it still holds until the page is left.
  }
}

export function keptDraft(id: string, kind: Kind): Draft {
  const name = nameOf(id, kind);
  const known = kept.get(name);
  if (known) return known;
  try {
    return JSON.parse(sessionStorage.getItem(name) ?? 'null') ?? { text: '' };
  } catch {
    return { text: '' };
  }
}
