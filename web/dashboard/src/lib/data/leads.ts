/** Leads: people who might buy, with what they left to be reached by. */
import { infiniteQueryOptions, queryOptions, type QueryClient } from '@tanstack/svelte-query';
import type { components } from '$shared/api/schema';
import { api, ask } from '../api';

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

/** Makes the lead a client, or the one that is chosen; with a deal if one is given. */
export async function convertLead(
  client: QueryClient,
  id: string,
  chosen: string | null,
  deal: Schemas['LeadDeal'] | null,
): Promise<Lead> {
  const body = { ...(chosen && { client_id: chosen }), ...(deal && { create_deal: deal }) };
  const init = { params: { path: { id } }, body };
  const lead = await ask(api.POST('/api/v1/leads/{id}/convert', init));
  await refreshLeads(client);
  return lead;
}

export function refreshLeads(client: QueryClient): Promise<void> {
  return client.invalidateQueries({ queryKey: [LIST] });
}
