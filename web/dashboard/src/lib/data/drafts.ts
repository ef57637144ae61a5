/** What has been written but not sent, by conversation and kind; kept in this tab, also when it is loaded again. */
import type { Attachment } from '../api';

export interface Draft {
  text: string;
  attachment?: Attachment | null;
}

const PREFIX = 'rapport.draft.';
const kept = new Map<string, Draft>();

function nameOf(conversationId: string, kind: 'reply' | 'note'): string {
  return `${PREFIX}${kind}.${conversationId}`;
}

export function keepDraft(conversationId: string, kind: 'reply' | 'note', draft: Draft): void {
  const name = nameOf(conversationId, kind);
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

export function keptDraft(conversationId: string, kind: 'reply' | 'note'): Draft {
  const name = nameOf(conversationId, kind);
  const known = kept.get(name);
  if (known) return known;
  try {
    return JSON.parse(sessionStorage.getItem(name) ?? 'null') ?? { text: '' };
  } catch {
    return { text: '' };
  }
}
