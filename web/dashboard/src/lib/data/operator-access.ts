/** Whether operators of the installation may come into this workspace: its owner decides. */
import { api, ask } from '../api';
import { refreshSession } from '../session.svelte';

export async function grantOperatorAccess(hours: number, may_change: boolean): Promise<void> {
  await ask(api.PUT('/api/v1/operator-access', { body: { hours, may_change } }));
  await refreshSession();
}

export async function endOperatorAccess(): Promise<void> {
  await ask(api.DELETE('/api/v1/operator-access'));
  await refreshSession();
}
