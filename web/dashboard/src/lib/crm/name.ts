/** How a client is called where nobody has given a name. */
import { t } from '../../i18n/index.svelte';

interface Named {
  id: string;
  name?: string | null;
  company_name?: string | null;
  email?: string | null;
  phone?: string | null;
}

export function clientName({ id, name, company_name, email, phone }: Named): string {
  return name || company_name || email || phone || t('clients.unnamed', { id: id.slice(-4) });
}
