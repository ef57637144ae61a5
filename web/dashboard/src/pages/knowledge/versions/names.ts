/** What a version is called, and who made it. */
import type { Published, Version } from '$lib/data/versions';
import { shortDate } from '$lib/time';
import { locale, t } from '../../../i18n/index.svelte';

export function titleOf(version: Version, now: number): string {
  if (version.title) return version.title;
  if (version.number != null) return t('versions.number', { number: String(version.number) });
  return t('versions.untitled', { date: shortDate(version.created_at, now, locale()) });
}

export function authorOf({ author, created_by }: Version): string {
  if (author) return author;
  if (created_by === 'system') return 'Rapport';
  return created_by === 'operator' ? t('versions.operator') : t('versions.somebody');
}

/** That it serves now, and what that did to the gap queue. */
export function publishedText({ number, closed_gaps, reopened_gaps }: Published): string {
  const [closed, reopened] = [closed_gaps.length, reopened_gaps.length];
  return [
    t('versions.published', { number: String(number ?? '') }),
    closed > 0 && t('versions.closedGaps', { count: closed }),
    reopened > 0 && t('versions.reopenedGaps', { count: reopened }),
  ]
    .filter(Boolean)
    .join(' ');
}
