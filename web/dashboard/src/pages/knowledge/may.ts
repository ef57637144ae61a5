/** What somebody may do here, so that nothing is offered that the server would refuse. The server decides. */
import { session } from '$lib/session.svelte';

export function mayWrite(): boolean {
  return session()?.role !== 'viewer';
}

/** Owners and admins: they alone say how knowledge changes, and may publish against the rule. */
export function mayManage(): boolean {
  const role = session()?.role;
  return role === 'owner' || role === 'admin';
}
