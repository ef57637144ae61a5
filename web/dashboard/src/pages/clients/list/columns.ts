/** The columns that the list can show, and which of them somebody has chosen. */
import { recall, remember } from '$lib/remember';
import { router } from '$lib/router.svelte';
import type { PlainKey } from '../../../i18n/index.svelte';
import { FIELD } from './filter';

export interface Column {
  key: string;
  title: PlainKey;
  isNumber?: boolean;
}

/** In the order of the table. The name always stands first. */
export const columns: readonly Column[] = [
  { key: 'company_name', title: 'clients.company' },
  { key: 'email', title: 'clients.email' },
  { key: 'phone', title: 'clients.phone' },
  { key: 'client_type', title: 'clients.type' },
  { key: 'lifecycle_stage', title: 'clients.stage' },
  { key: 'lead_quality', title: 'clients.quality' },
  { key: 'lead_score', title: 'clients.score', isNumber: true },
  { key: 'assigned_to', title: 'clients.owner' },
  { key: 'tags', title: 'clients.tags' },
  { key: 'source', title: 'clients.source' },
  { key: 'total_orders', title: 'clients.orders', isNumber: true },
  { key: 'total_revenue', title: 'clients.revenue', isNumber: true },
  { key: 'average_order_value', title: 'clients.averageOrder', isNumber: true },
  { key: 'first_contact_date', title: 'clients.firstContact' },
  { key: 'last_contact_date', title: 'clients.lastContact' },
  { key: 'next_follow_up_date', title: 'clients.followUp' },
  { key: 'created_at', title: 'clients.created' },
  { key: 'updated_at', title: 'clients.updated' },
];

const STANDARD = [
  'company_name',
  'email',
  'client_type',
  'lead_score',
  'assigned_to',
  'tags',
  'total_revenue',
  'last_contact_date',
];
const UNSORTED = new Set(['phone', 'tags']);
const REMEMBERED = 'client-columns';

export function isSortable(key: string): boolean {
  return !UNSORTED.has(key) && !key.startsWith(FIELD);
}

/** Those in the address, else those chosen last in this browser, else the usual ones. */
export function chosenColumns(): string[] {
  const text = router.query('columns') || recall(REMEMBERED);
  return text ? text.split(',').filter(Boolean) : STANDARD;
}

export function chooseColumns(keys: string[]): void {
  remember(REMEMBERED, keys.join(','));
  router.setQuery({ columns: keys.join(',') });
}
