/** What a version is called, and who made it. */
import type { Version } from '$lib/data/versions';
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
