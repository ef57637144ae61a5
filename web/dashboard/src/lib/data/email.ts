/** How mail is sent, what one is told by it, and what became of the last mails. */
import { queryOptions, type QueryClient } from '@tanstack/svelte-query';
import type { components } from '$shared/api/schema';
import { api, ask } from '../api';

type Schemas = components['schemas'];
export type EmailSettings = Schemas['EmailSettings'];
export type NewMailServer = Schemas['NewMailServer'];
export type EmailChoices = Schemas['EmailChoices'];
export type Email = Schemas['Email'];

const SETTINGS = ['email-settings'] as const;
const EMAILS = ['emails'] as const;
const CHOICES = ['email-choices'] as const;

export function emailSettingsQuery() {
  return queryOptions({
    queryKey: SETTINGS,
    queryFn: ({ signal }) => ask(api.GET('/api/v1/email-settings', { signal })),
  });
}

/** The last 100, newest first. */
export function emailsQuery() {
  return queryOptions({
    queryKey: EMAILS,
    queryFn: async ({ signal }) => (await ask(api.GET('/api/v1/emails', { signal }))).items,
  });
}

export function emailChoicesQuery() {
  return queryOptions({
    queryKey: CHOICES,
    queryFn: ({ signal }) => ask(api.GET('/api/v1/profile/email-choices', { signal })),
  });
}

export async function saveEmailChoices(
  client: QueryClient,
  body: EmailChoices,
): Promise<EmailChoices> {
  const saved = await ask(api.PUT('/api/v1/profile/email-choices', { body }));
  client.setQueryData(CHOICES, saved);
  return saved;
}

export async function setMailServer(client: QueryClient, body: NewMailServer): Promise<void> {
  client.setQueryData(SETTINGS, await ask(api.PUT('/api/v1/email-settings', { body })));
}

export async function removeMailServer(client: QueryClient): Promise<void> {
  client.setQueryData(SETTINGS, await ask(api.DELETE('/api/v1/email-settings')));
}

/** To oneself; it takes as long as the mail server does. */
export async function sendTestEmail(client: QueryClient): Promise<Email> {
  const sent = await ask(api.POST('/api/v1/email-settings/test'));
  await client.invalidateQueries({ queryKey: EMAILS });
  return sent;
}

/** Without a code, one is sent to an address that no member signs in with. */
export async function setEscalationAddress(
  client: QueryClient,
  address: string | null,
  code: string | null,
): Promise<Schemas['EscalationAddress']> {
  const body = { address, code };
  const set = await ask(api.PUT('/api/v1/email-settings/escalation-address', { body }));
  await client.invalidateQueries({ queryKey: SETTINGS });
  return set;
}

export function mailTranscript(id: string): Promise<Email> {
  return ask(api.POST('/api/v1/conversations/{id}/transcript-email', { params: { path: { id } } }));
}
