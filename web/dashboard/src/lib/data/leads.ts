/** Leads: people who might buy, with what they left to be reached by. */
import { infiniteQueryOptions, queryOptions, type QueryClient } from '@tanstack/svelte-query';
import type { components } from '$shared/api/schema';
import { api, ask } from '../api';
import { salesKey } from '../crm/keys';
import type { ClientRow } from '../crm/types';

type Schemas = components['schemas'];
export type Lead = Schemas['Lead'];
export type LeadStatus = Schemas['LeadStatus'];
export type LeadContact = Schemas['LeadContact'];

const LIST = 'leads';
const PAGE_SIZE = 50;

export interface LeadFilter {
  status: LeadStatus | 'all';
  text: string;
}

export function leadsQuery({ status, text }: LeadFilter) {
  return infiniteQueryOptions({
    queryKey: [LIST, 'list', status, text] as const,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => {
      const query = {
        limit: PAGE_SIZE,
        ...(status !== 'all' && { status }),
        ...(text && { q: text }),
        ...(pageParam && { cursor: pageParam }),
      };
      return ask(api.GET('/api/v1/leads', { params: { query }, signal }));
    },
    getNextPageParam: (page) => page.next_cursor ?? null,
  });
}

/** The newest first. */
export function conversationLeadsQuery(conversationId: string) {
  return queryOptions({
    queryKey: [LIST, 'conversation', conversationId] as const,
    queryFn: async ({ signal }) => {
      const query = { conversation_id: conversationId };
      return (await ask(api.GET('/api/v1/leads', { params: { query }, signal }))).items;
    },
  });
}

export interface NewLead {
  /** Where they wrote, if they did. */
  conversationId?: string | undefined;
  intent: string;
  note: string;
  contact: LeadContact;
}

export async function createLead(
  client: QueryClient,
  { conversationId, intent, note, contact }: NewLead,
): Promise<void> {
  const where = conversationId ? { conversation_id: conversationId } : {};
  const body = { ...where, intent, note, contact_info: contact };
  await ask(api.POST('/api/v1/leads', { body }));
  await refreshLeads(client);
}

export async function changeLead(
  client: QueryClient,
  id: string,
  body: Schemas['LeadPatch'],
): Promise<void> {
  await ask(api.PATCH('/api/v1/leads/{id}', { params: { path: { id } }, body }));
  await refreshLeads(client);
}

export async function deleteLead(client: QueryClient, id: string): Promise<void> {
  await ask(api.DELETE('/api/v1/leads/{id}', { params: { path: { id } } }));
  await refreshLeads(client);
}

export type SameBy = 'email' | 'phone';

/** A client with an address of the lead's. Nobody has proven that they are the same person. */
export interface SimilarClient {
  client: ClientRow;
  by: SameBy[];
}

/** None where the lead's contact is a client already: that one it becomes. */
export function similarClientsQuery({ id, contact_id, contact_info: { email, phone } }: Lead) {
  return queryOptions({
    queryKey: salesKey('clients', 'like-lead', id, email, phone),
    queryFn: async ({ signal }): Promise<SimilarClient[]> => {
      const find = async (q: string) =>
        (await ask(api.GET('/api/v1/crm/clients', { params: { query: { q, limit: 20 } }, signal })))
          .items;
      const found = await Promise.all([email, phone].map((words) => (words ? find(words) : [])));
      const similar = new Map<string, SimilarClient>();
      for (const client of found.flat()) {
        if (contact_id && client.contact_id === contact_id) return [];
        const by: SameBy[] = [];
        if (email && client.email?.toLowerCase() === email.toLowerCase()) by.push('email');
        if (phone && client.phone && digits(client.phone) === digits(phone)) by.push('phone');
        if (by.length > 0) similar.set(client.id, { client, by });
      }
      return [...similar.values()];
    },
  });
}

const digits = (phone: string) => phone.replace(/\D/g, '');

export interface Conversion {
  /** The client whom a person takes for the same. */
  client_id?: string;
  create_deal?: Schemas['LeadDeal'];
}

/** Makes the lead a client; with a deal if one is given. */
export async function convertLead(
  client: QueryClient,
  id: string,
  body: Conversion,
): Promise<Lead> {
  const init = { params: { path: { id } }, body };
  const lead = await ask(api.POST('/api/v1/leads/{id}/convert', init));
  await refreshLeads(client);
  return lead;
}

export function refreshLeads(client: QueryClient): Promise<void> {
  return client.invalidateQueries({ queryKey: [LIST] });
}
