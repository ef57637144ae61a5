/** What a line of the timeline says below its title, and where it leads. */
import { activityIcons } from '$lib/crm/activities/icons';
import { formatMoney } from '$lib/crm/money';
import {
  activityStatusName,
  activityTypeName,
  noteTypeName,
  orderStatusName,
  type ActivityType,
} from '$lib/crm/words';
import type { TimelineItem } from '$lib/crm/types';
import { workspaceHref } from '$lib/session.svelte';
import BadgeCheck from '@lucide/svelte/icons/badge-check';
import ArrowRight from '@lucide/svelte/icons/arrow-right';
import Handshake from '@lucide/svelte/icons/handshake';
import Merge from '@lucide/svelte/icons/merge';
import MessageCircle from '@lucide/svelte/icons/message-circle';
import ShoppingBag from '@lucide/svelte/icons/shopping-bag';
import StickyNote from '@lucide/svelte/icons/sticky-note';
import SquareCheck from '@lucide/svelte/icons/square-check';
import type { Component } from 'svelte';
import { t, type PlainKey } from '../../../i18n/index.svelte';

export const timelineKinds: readonly TimelineItem['kind'][] = [
  'conversation',
  'activity',
  'note',
  'deal',
  'deal_stage',
  'order',
  'merge',
  'confirmation',
];

/** A detail of the line; '' where there is none of this name. */
function said({ detail }: TimelineItem, name: string): string {
  const value = (detail as Record<string, unknown> | null)?.[name];
  return typeof value === 'string' ? value : '';
}

const icons: Record<string, Component<{ class?: string }>> = {
  conversation: MessageCircle,
  note: StickyNote,
  deal: Handshake,
  deal_stage: ArrowRight,
  order: ShoppingBag,
  merge: Merge,
  confirmation: BadgeCheck,
};

export function iconOf(item: TimelineItem): Component<{ class?: string }> {
  const type = said(item, 'activity_type') as ActivityType;
  return activityIcons[type] ?? icons[item.kind] ?? SquareCheck;
}

/** What kind of thing it is, for the filter and for screen readers. */
export function kindText(kind: string): string {
  return t(`timeline.${kind}` as PlainKey) || kind;
}

/** The first line: its own title, else what it is. */
export function titleOf({ title, kind }: TimelineItem): string {
  return title || (kind === 'note' ? t('clients.addNote') : kindText(kind));
}

/** Where it can be looked at. */
export function hrefOf(item: TimelineItem): string | null {
  if (item.kind === 'conversation') return workspaceHref(`/inbox/${item.id}?view=all`);
  if (item.kind === 'deal') return workspaceHref(`/deals/${item.id}`);
  if (item.kind === 'deal_stage' && said(item, 'deal_id')) {
    return workspaceHref(`/deals/${said(item, 'deal_id')}`);
  }
  return item.kind === 'order' ? workspaceHref(`/orders/${item.id}`) : null;
}

/** The second line: pieces that say more. */
export function factsOf(item: TimelineItem, locale: string): string {
  const facts: Record<string, () => string[]> = {
    conversation: () => [said(item, 'preview')],
    activity: () => [
      word(said(item, 'activity_type'), activityTypeName),
      word(said(item, 'status'), activityStatusName),
      said(item, 'description'),
    ],
    note: () => [
      said(item, 'note_type') === 'general' ? '' : word(said(item, 'note_type'), noteTypeName),
      said(item, 'content'),
    ],
    deal: () => [moneyOf(item, 'deal_value', locale)],
    deal_stage: () => [stagesOf(item), said(item, 'notes')],
    confirmation: () => [
      t(said(item, 'field') === 'phone' ? 'timeline.phoneConfirmed' : 'timeline.emailConfirmed'),
    ],
    order: () => [moneyOf(item, 'total', locale), word(said(item, 'status'), orderStatusName)],
  };
  return (facts[item.kind]?.() ?? []).filter(Boolean).join(' · ');
}

function word(value: string, name: (value: never) => string): string {
  return value && name(value as never);
}

function moneyOf(item: TimelineItem, amount: string, locale: string): string {
  const [value, currency] = [said(item, amount), said(item, 'currency')];
  return value && currency ? formatMoney(value, currency, locale) : '';
}

function stagesOf(item: TimelineItem): string {
  const [from, to] = [said(item, 'from_stage_name'), said(item, 'to_stage_name')];
  return from ? `${from} → ${to}` : to;
}
