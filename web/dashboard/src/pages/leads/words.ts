/** Leads in words: how far they are, where they come from, what they want. */
import type { Lead, LeadStatus } from '$lib/data/leads';
import { t, type PlainKey } from '../../i18n/index.svelte';

export const statuses: readonly LeadStatus[] = [
  'new',
  'contacted',
  'qualified',
  'converted',
  'lost',
];

export const statusNames: Record<LeadStatus, PlainKey> = {
  new: 'leads.new',
  contacted: 'leads.contacted',
  qualified: 'leads.qualified',
  converted: 'leads.converted',
  lost: 'leads.lost',
};

export const statusLooks = {
  new: 'info',
  contacted: 'plain',
  qualified: 'warning',
  converted: 'success',
  lost: 'plain',
} as const;

export const sourceNames: Record<Lead['source'], PlainKey> = {
  bot: 'leads.fromBot',
  form: 'leads.fromForm',
  agent: 'leads.fromAgent',
  api: 'leads.fromApi',
};

export const intents = ['price', 'quote', 'meeting', 'purchase'] as const;

const intentNames: Partial<Record<string, PlainKey>> = {
  price: 'leads.price',
  quote: 'leads.quote',
  meeting: 'leads.meeting',
  purchase: 'leads.purchase',
  form: 'leads.fromForm',
  other: 'leads.other',
};

/** A program's own word stands as it is. */
export function intentText(intent: string): string {
  const key = intentNames[intent];
  return key ? t(key) : intent;
}

export function leadName({ contact_info: { name, email, phone } }: Lead): string {
  return name ?? email ?? phone ?? t('leads.nameless');
}
