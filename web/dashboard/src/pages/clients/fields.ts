/** Values of the business's own fields, as text. */
import type { CustomField } from '$lib/crm/types';
import { t } from '../../i18n/index.svelte';

export function fieldText(
  { field_type }: Pick<CustomField, 'field_type'>,
  value: unknown,
  locale: string,
): string {
  if (value === null || value === undefined || value === '') return '';
  if (field_type === 'boolean') return value === true ? t('clients.yes') : t('clients.no');
  if (field_type === 'number' && typeof value === 'number') {
    return new Intl.NumberFormat(locale, { maximumFractionDigits: 10 }).format(value);
  }
  if (field_type === 'date' && typeof value === 'string') {
    const day = new Date(`${value.slice(0, 10)}T00:00:00Z`);
    return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' }).format(day);
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}
