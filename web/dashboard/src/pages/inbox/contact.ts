/** How a contact is called where nobody has given a name. */
import type { ConversationSummary } from '$lib/api';
import { t } from '../../i18n/index.svelte';

export function contactName({ contact }: Pick<ConversationSummary, 'contact'>): string {
  return contact.name || contact.email || `${t('inbox.visitor')} ${contact.id.slice(-4)}`;
}
