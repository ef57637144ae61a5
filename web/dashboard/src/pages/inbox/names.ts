/** How filters, views and people are called on screen. */
import type { InboxSort, InboxView } from '$lib/data/inbox-filter';
import { language, t } from '../../i18n/index.svelte';

export function viewName(view: InboxView): string {
  return {
    needs_person: t('inbox.needsPerson'),
    mine: t('inbox.mine'),
    unassigned: t('inbox.unassigned'),
    mentions: t('inbox.mentions'),
    all: t('inbox.all'),
    snoozed: t('inbox.snoozed'),
    resolved: t('inbox.resolved'),
  }[view];
}

export function sortName(sort: InboxSort): string {
  return {
    newest: t('inbox.sortNewest'),
    oldest: t('inbox.sortOldest'),
    waiting: t('inbox.sortWaiting'),
  }[sort];
}

/** “French”, in the language on screen; what browsers have made up stays as it is. */
export function languageName(code: string): string {
  try {
    return new Intl.DisplayNames(language(), { type: 'language' }).of(code) ?? code;
  } catch {
    return code;
  }
}
