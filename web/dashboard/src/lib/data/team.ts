/** Members of the workspace and the invitations that are still open. */
import { queryOptions, type QueryClient } from '@tanstack/svelte-query';
import { api, ask, type Invitation, type Role } from '../api';

const MEMBERS = ['members'] as const;
const INVITATIONS = ['invitations'] as const;

export function membersQuery() {
  return queryOptions({
    queryKey: MEMBERS,
    queryFn: ({ signal }) => ask(api.GET('/api/v1/members', { signal })),
  });
}

export function invitationsQuery() {
  return queryOptions({
    queryKey: INVITATIONS,
    queryFn: ({ signal }) => ask(api.GET('/api/v1/invitations', { signal })),
  });
}

/** Also after a refusal: then the list shows the role that stands. */
export async function changeRole(client: QueryClient, user_id: string, role: Role): Promise<void> {
  const init = { params: { path: { user_id } }, body: { role } };
  try {
    await ask(api.PATCH('/api/v1/members/{user_id}', init));
  } finally {
    await client.invalidateQueries({ queryKey: MEMBERS });
  }
}

export async function removeMember(client: QueryClient, user_id: string): Promise<void> {
  await ask(api.DELETE('/api/v1/members/{user_id}', { params: { path: { user_id } } }));
  await client.invalidateQueries({ queryKey: MEMBERS });
}

/** Gives the link, which cannot be read again. */
export async function invite(client: QueryClient, role: Role, email: string): Promise<string> {
  const body = { role, ...(email.trim() && { email: email.trim() }) };
  const { url } = await ask(api.POST('/api/v1/invitations', { body }));
  await client.invalidateQueries({ queryKey: INVITATIONS });
  return new URL(url, location.origin).href;
}

export async function revokeInvitation(client: QueryClient, { id }: Invitation): Promise<void> {
  await ask(api.DELETE('/api/v1/invitations/{id}', { params: { path: { id } } }));
  await client.invalidateQueries({ queryKey: INVITATIONS });
}
