/** The one thing that can be taken back: what was done last, for as long as its toast is there. */
import { t } from '../i18n/index.svelte';
import { removeToast, showToast } from './ui/toasts.svelte';

const STAYS_MS = 6_000;
let last: { toast: number; until: number; run: () => void } | null = null;

/** Says what was done and offers the way back. It takes the place of the offer before. */
export function offerUndo(text: string, run: () => void): void {
  if (last) removeToast(last.toast);
  const toast = showToast(text, { label: t('app.undo'), run });
  last = { toast, until: Date.now() + STAYS_MS, run };
}

/** What `Z` does. */
export function undoLast(): void {
  if (!last || Date.now() > last.until) return;
  const { toast, run } = last;
  last = null;
  removeToast(toast);
  run();
}
