/** What somebody may do in sales, so that nothing is offered that the server would refuse. The server decides. */
import { session } from '$lib/session.svelte';

export function maySell(): boolean {
  return session()?.role !== 'viewer';
}

/** Owners and admins: fields, tags and settings. */
export function mayManageSales(): boolean {
  const role = session()?.role;
  return role === 'owner' || role === 'admin';
}
