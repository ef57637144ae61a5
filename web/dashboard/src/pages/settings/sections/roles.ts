/** Roles in words, and which of them somebody may give. The server decides; this only offers what it will accept. */
import type { Role } from '$lib/api';
import { t, type PlainKey } from '../../../i18n/index.svelte';

export const roleNames: Record<Role, PlainKey> = {
  owner: 'role.owner',
  admin: 'role.admin',
  agent: 'role.agent',
  viewer: 'role.viewer',
};

export const roleHints: Record<Role, PlainKey> = {
  owner: 'role.ownerHint',
  admin: 'role.adminHint',
  agent: 'role.agentHint',
  viewer: 'role.viewerHint',
};

/** Owners alone make owners; `present` is shown in any case. */
export function rolesFor(own: Role, present?: Role): { value: Role; label: string }[] {
  const all = Object.keys(roleNames) as Role[];
  const offered = all.filter((role) => role !== 'owner' || own === 'owner' || present === 'owner');
  return offered.map((value) => ({ value, label: t(roleNames[value]) }));
}
