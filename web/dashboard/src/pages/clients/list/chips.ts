/** What the list is narrowed to, in words: one chip a filter. */
import { kindName } from '$lib/channel-kind';
import type { ClientFilter } from '$lib/crm/clients';
import { formatMoney } from '$lib/crm/money';
import type { CustomField } from '$lib/crm/types';
import { clientTypeName, lifecycleName, qualityName } from '$lib/crm/words';
import { locale, t } from '../../../i18n/index.svelte';
import { FIELD, valuesOf } from './filter';

export interface Chip {
  name: string;
  text: string;
}

/** Names of what is meant by an id. */
export interface Names {
  team: ReadonlyMap<string, string>;
  channels: ReadonlyMap<string, string>;
  fields: CustomField[];
  currency: string;
  /** The workspace's time zone. */
  zone: string;
}

/** All but the words, which stand in the search box. */
export function chipsOf(filter: ClientFilter, names: Names): Chip[] {
  return Object.entries(filter)
    .filter(([name]) => name !== 'q')
    .map(([name, value]) => ({ name, text: textOf(name, value, filter, names) }));
}

function textOf(name: string, value: string, filter: ClientFilter, names: Names): string {
  const several = (nameOf: (one: never) => string) =>
    valuesOf(filter, name)
      .map((one) => nameOf(one as never))
      .join(', ');
  const day = () => dayText(value, names.zone);
  const texts: Record<string, () => string> = {
    client_type: () => several(clientTypeName),
    lifecycle_stage: () => several(lifecycleName),
    lead_quality: () => several(qualityName),
    assigned_to: () => ownerText(value, names.team),
    tag: () => several((tag: string) => `#${tag}`),
    source: () => `${t('clients.source')}: ${kindName(value)}`,
    channel_id: () => names.channels.get(value) ?? t('clients.channel'),
    has_email: () => (value === 'true' ? t('clients.hasEmail') : t('clients.hasNoEmail')),
    has_phone: () => (value === 'true' ? t('clients.hasPhone') : t('clients.hasNoPhone')),
    created_from: () => `${t('clients.created')} ≥ ${day()}`,
    created_to: () => `${t('clients.created')} ≤ ${day()}`,
    last_contact_after: () => `${t('clients.lastContact')} ≥ ${day()}`,
    last_contact_before: () => `${t('clients.lastContact')} ≤ ${day()}`,
    follow_up: () => `${t('clients.followUp')}: ${followUpText(value)}`,
    min_revenue: () => `${t('clients.revenue')} ≥ ${moneyText(value, names.currency)}`,
    min_score: () => `${t('clients.score')} ≥ ${value}`,
  };
  const known = texts[name];
  if (known) return known();
  const label = names.fields.find(({ key }) => FIELD + key === name)?.label;
  return `${label ?? name.slice(FIELD.length)}: ${value}`;
}

export function followUpText(value: string): string {
  if (value === 'overdue') return t('activities.overdue');
  return value === 'today' ? t('activities.today') : t('clients.thisWeek');
}

function ownerText(value: string, team: ReadonlyMap<string, string>): string {
  if (value === 'me') return t('clients.mine');
  if (value === 'none') return t('clients.nobody');
  return team.get(value) ?? t('clients.owner');
}

function dayText(value: string, timeZone: string): string {
  const day = new Date(value);
  if (Number.isNaN(day.getTime())) return value;
  return new Intl.DateTimeFormat(locale(), { dateStyle: 'medium', timeZone }).format(day);
}

/** Somebody may write anything into an address. */
function moneyText(value: string, currency: string): string {
  return /^\d+(\.\d+)?$/.test(value) ? formatMoney(value, currency, locale()) : value;
}
