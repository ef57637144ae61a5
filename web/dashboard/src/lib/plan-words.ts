/** Plans in words. */
import type { Plan, PlanLevel, PlanResource } from '$lib/data/plan';
import { locale, t, type PlainKey } from '../i18n/index.svelte';

export const planNames: Record<Plan, PlainKey> = {
  basic: 'plan.basic',
  pro: 'plan.pro',
  enterprise: 'plan.enterprise',
};

export const resourceNames: Record<PlanResource, PlainKey> = {
  messages: 'plan.messages',
  seats: 'plan.seats',
  channels: 'plan.channels',
  storage: 'plan.storage',
  ai_spend: 'plan.aiSpend',
};

/** What happens when all of it is used. */
export const resourceEnds: Record<PlanResource, PlainKey> = {
  messages: 'plan.messagesEnd',
  seats: 'plan.seatsEnd',
  channels: 'plan.channelsEnd',
  storage: 'plan.storageEnd',
  ai_spend: 'plan.aiSpendEnd',
};

export const levelNames: Record<Exclude<PlanLevel, 'fine'>, PlainKey> = {
  near: 'plan.near',
  grace: 'plan.grace',
  used_up: 'plan.usedUp',
};

/** “240”, “3.2 MB” or “12.50”. */
export function amountText(resource: PlanResource, amount: number): string {
  const unit = { style: 'unit', unit: 'megabyte', maximumFractionDigits: 1 } as const;
  const money = { minimumFractionDigits: 2, maximumFractionDigits: 2 } as const;
  const format = resource === 'storage' ? unit : resource === 'ai_spend' ? money : {};
  return new Intl.NumberFormat(locale(), format).format(amount);
}

export function dayText(iso: string): string {
  return new Date(iso).toLocaleDateString(locale(), { dateStyle: 'long' });
}

/** “80 of 100”, or what is used where there is no limit. */
export function useText(use: {
  resource: PlanResource;
  used: number;
  most?: number | null;
}): string {
  const used = amountText(use.resource, use.used);
  if (use.most == null) return t('plan.noLimit', { used });
  return t('plan.ofMost', { used, most: amountText(use.resource, use.most) });
}
