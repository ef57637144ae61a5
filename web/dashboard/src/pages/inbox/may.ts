/** What somebody may do here, so that nothing is offered that the server would refuse. The server decides. */
import { session } from '$lib/session.svelte';

export function mayReply(): boolean {
  return session()?.role !== 'viewer';
}

export function mayManage(): boolean {
  const role = session()?.role;
  return role === 'owner' || role === 'admin';
}
