/** What somebody may do here, so that nothing is offered that the server would refuse. The server decides. */
import { session } from '$lib/session.svelte';

export function mayWrite(): boolean {
  return session()?.role !== 'viewer';
}
