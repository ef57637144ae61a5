/** What a column of a file can be. */
import { t, type PlainKey } from '../../../i18n/index.svelte';

const names: Record<string, PlainKey> = {
  name: 'clients.name',
  company_name: 'clients.company',
  email: 'clients.email',
  phone: 'clients.phone',
  secondary_phone: 'clients.otherPhone',
  client_type: 'clients.type',
  lifecycle_stage: 'clients.stage',
  lead_quality: 'clients.quality',
  assigned_to: 'clients.owner',
  tags: 'clients.tags',
  source: 'clients.source',
  'address.street': 'clients.street',
  'address.zip': 'clients.postalCode',
  'address.city': 'clients.city',
  'address.country': 'clients.country',
  ecommerce_customer_id: 'clients.shopId',
  first_contact_date: 'clients.firstContact',
  last_contact_date: 'clients.lastContact',
  next_follow_up_date: 'clients.followUp',
};

export const importFields = Object.keys(names);

export function importFieldName(field: string): string {
  const key = names[field];
  return key ? t(key) : field;
}
