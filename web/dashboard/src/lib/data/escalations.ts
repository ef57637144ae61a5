/** Hand-overs of a conversation to a person: why, who takes care, and whether it is done. */
import { queryOptions, type QueryClient } from '@tanstack/svelte-query';
import { api, ask, type EscalationPatch } from '../api';
import { conversationQuery } from './conversations';
import { timelineQuery } from './timeline';

export function escalationsQuery(conversationId: string) {
  return queryOptions({
    queryKey: ['escalations', conversationId],
    queryFn: async ({ signal }) => {
      const params = { path: { id: conversationId } };
      const init = { params, signal };
      return (await ask(api.GET('/api/v1/conversations/{id}/escalations', init))).items;
    },
  });
}

export interface EscalationForm {
  summary: string;
  assignedTo: string;
}

/** Asks for a person. */
export async function escalate(
  client: QueryClient,
  conversationId: string,
  { summary, assignedTo }: EscalationForm,
): Promise<void> {
  const params = { path: { id: conversationId } };
  const body = { ...(summary && { summary }), ...(assignedTo && { assigned_to: assignedTo }) };
  await ask(api.POST('/api/v1/conversations/{id}/escalations', { params, body }));
  refresh(client, conversationId);
}

export async function changeEscalation(
  client: QueryClient,
  conversationId: string,
  id: string,
  body: EscalationPatch,
): Promise<void> {
  await ask(api.PATCH('/api/v1/escalations/{id}', { params: { path: { id } }, body }));
  refresh(client, conversationId);
}

export function refreshEscalations(client: QueryClient, conversationId: string): void {
  void client.invalidateQueries(escalationsQuery(conversationId));
}

function refresh(client: QueryClient, id: string): void {
  refreshEscalations(client, id);
  void client.invalidateQueries(conversationQuery(id));
  void client.invalidateQueries(timelineQuery(id));
}
