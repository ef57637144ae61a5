/** The audit log in words. An action without a name here is shown as the server calls it. */
import type { AuditEntry } from '$lib/api';
import { t, type PlainKey } from '../../../i18n/index.svelte';

export const actionNames: Record<string, PlainKey> = {
  tenant_created: 'audit.tenantCreated',
  workspace_changed: 'audit.workspaceChanged',
  invitation_created: 'audit.invitationCreated',
  invitation_accepted: 'audit.invitationAccepted',
  invitation_revoked: 'audit.invitationRevoked',
  member_role_changed: 'audit.roleChanged',
  member_removed: 'audit.memberRemoved',
  password_changed: 'audit.passwordChanged',
  two_factor_enabled: 'audit.twoFactorEnabled',
  two_factor_disabled: 'audit.twoFactorDisabled',
  api_key_created: 'audit.apiKeyCreated',
  api_key_revoked: 'audit.apiKeyRevoked',
  llm_credential_created: 'audit.modelCreated',
  llm_credential_changed: 'audit.modelChanged',
  llm_credential_deleted: 'audit.modelDeleted',
  channel_created: 'audit.channelCreated',
  channel_updated: 'audit.channelChanged',
  channel_secret_renewed: 'audit.channelSecret',
  contact_erased: 'audit.contactErased',
  inbox_settings_changed: 'audit.inboxSettings',
  document_deleted: 'audit.documentDeleted',
  qa_pair_deleted: 'audit.pairDeleted',
  embedder_changed: 'audit.embedderChanged',
  asset_uploaded: 'audit.assetUploaded',
};

export function actorText({ actor, actor_name }: AuditEntry): string {
  if (actor_name) return actor_name;
  if (actor === 'system') return 'Rapport';
  if (actor === 'operator') return t('audit.operator');
  return actor.startsWith('api_key:') ? t('audit.formerKey') : t('audit.formerMember');
}

/** `Ana · role: agent → admin`, from whatever the row holds. */
export function detailsText({ subject_name, details }: AuditEntry): string {
  const fields = Object.entries((details ?? {}) as Record<string, unknown>);
  const parts = fields
    .filter(([name, value]) => value != null && !(name === 'name' && value === subject_name))
    .map(([name, value]) => `${name.replaceAll('_', ' ')}: ${valueText(value)}`);
  return [subject_name, ...parts].filter(Boolean).join(' · ');
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.map(valueText).join(', ');
  if (value === null || value === '') return '–';
  if (typeof value !== 'object') return String(value);
  const change = value as { from?: unknown; to?: unknown };
  if ('to' in change) return `${valueText(change.from ?? null)} → ${valueText(change.to ?? null)}`;
  return JSON.stringify(value);
}
