/** What the server's codes mean, in words. */
import type { PageState, Website, WebsitePage } from '$lib/data/websites';
import { t } from '../../../i18n/index.svelte';

/** Without what every address begins with. */
export function siteName({ base_url }: Pick<Website, 'base_url'>): string {
  return base_url.replace(/^https?:\/\//, '').replace(/\/$/, '');
}

/** Behind the site's name; the start page is `/`. */
export function pathOf({ url }: Pick<WebsitePage, 'url'>): string {
  const { pathname, search } = new URL(url);
  try {
    return decodeURI(pathname) + search;
  } catch {
    return pathname + search;
  }
}

export function whyFailed(error: NonNullable<Website['error']>): string {
  return {
    unreachable: t('websites.errorUnreachable'),
    no_start_page: t('websites.errorNoStartPage'),
    leads_elsewhere: t('websites.errorLeadsElsewhere'),
    forbidden: t('websites.errorForbidden'),
    robots_unreachable: t('websites.errorRobots'),
    not_allowed: t('websites.errorNotAllowed'),
    stopped_answering: t('websites.errorStopped'),
    server_fault: t('websites.errorServer'),
  }[error];
}

export function whyEnded(limit: NonNullable<Website['limit_reached']>, count: number): string {
  return {
    pages: t('websites.limitPages', { count }),
    bytes: t('websites.limitBytes'),
    time: t('websites.limitTime'),
  }[limit];
}

export function stateName(state: PageState): string {
  return {
    waiting: t('websites.pageWaiting'),
    read: t('websites.pageRead'),
    skipped: t('websites.pageSkipped'),
    failed: t('websites.pageFailed'),
    vanished: t('websites.pageVanished'),
    excluded: t('websites.pageExcluded'),
  }[state];
}

export function whyNot({ reason, status_code }: WebsitePage): string {
  if (!reason) return '';
  return {
    noindex: t('websites.reasonNoindex'),
    robots: t('websites.reasonRobots'),
    duplicate: t('websites.reasonDuplicate'),
    canonical: t('websites.reasonCanonical'),
    redirect: t('websites.reasonRedirect'),
    redirect_loop: t('websites.reasonRedirectLoop'),
    not_allowed: t('websites.reasonNotAllowed'),
    no_html: t('websites.reasonNoHtml'),
    no_text: t('websites.reasonNoText'),
    too_large: t('websites.reasonTooLarge'),
    too_slow: t('websites.reasonTooSlow'),
    unreachable: t('websites.reasonUnreachable'),
    http_status: t('websites.reasonHttpStatus', { status: status_code ?? '–' }),
    unreadable: t('websites.reasonUnreadable'),
  }[reason];
}
