/** The audit log in words: who, what, and what became of what. */
import type { AuditEntry } from '$lib/api';
import type { AuditAction } from '$lib/data/workspace';
import { t, type PlainKey } from '../../../i18n/index.svelte';
import { fieldNames, valueText } from './audit-values';

/** Every action that the server can write; one without a text does not compile. */
export const actionNames: Record<AuditAction, PlainKey> = {
  tenant_created: 'audit.tenantCreated',
  tenant_suspended: 'audit.tenantSuspended',
  tenant_resumed: 'audit.tenantResumed',
  operator_access_granted: 'audit.operatorAccessGranted',
  operator_access_ended: 'audit.operatorAccessEnded',
  operator_came: 'audit.operatorCame',
  operator_left: 'audit.operatorLeft',
  operator_read: 'audit.operatorRead',
  operator_acted: 'audit.operatorActed',
  data_imported: 'audit.dataImported',
  workspace_changed: 'audit.workspaceChanged',
  inbox_settings_changed: 'audit.inboxSettings',
  onboarding_changed: 'audit.onboarding',
  invitation_created: 'audit.invitationCreated',
  invitation_accepted: 'audit.invitationAccepted',
  invitation_revoked: 'audit.invitationRevoked',
  member_added: 'audit.memberAdded',
  member_role_changed: 'audit.roleChanged',
  member_removed: 'audit.memberRemoved',
  password_changed: 'audit.passwordChanged',
  two_factor_enabled: 'audit.twoFactorEnabled',
  two_factor_disabled: 'audit.twoFactorDisabled',
  api_key_created: 'audit.apiKeyCreated',
  api_key_revoked: 'audit.apiKeyRevoked',
  api_key_rotated: 'audit.apiKeyRotated',
  llm_credential_created: 'audit.modelCreated',
  llm_credential_changed: 'audit.modelChanged',
  llm_credential_deleted: 'audit.modelDeleted',
  channel_created: 'audit.channelCreated',
  channel_updated: 'audit.channelChanged',
  channel_published: 'audit.channelPublished',
  channel_reconnected: 'audit.channelReconnected',
  channel_deleted: 'audit.channelDeleted',
  inbound_event_replayed: 'audit.eventReplayed',
  channel_secret_renewed: 'audit.channelSecret',
  mail_server_changed: 'audit.mailServerChanged',
  mail_server_removed: 'audit.mailServerRemoved',
  escalation_address_changed: 'audit.escalationAddress',
  transcript_mailed: 'audit.transcriptMailed',
  asset_uploaded: 'audit.assetUploaded',
  agent_prompt_created: 'audit.promptCreated',
  agent_prompt_updated: 'audit.promptChanged',
  agent_prompt_deleted: 'audit.promptDeleted',
  channel_agent_created: 'audit.agentCreated',
  channel_agent_changed: 'audit.agentChanged',
  channel_agent_deleted: 'audit.agentDeleted',
  label_created: 'audit.labelCreated',
  label_changed: 'audit.labelChanged',
  label_deleted: 'audit.labelDeleted',
  contact_blocked: 'audit.contactBlocked',
  contact_unblocked: 'audit.contactUnblocked',
  contact_erased: 'audit.contactErased',
  conversations_deleted: 'audit.conversationsDeleted',
  lead_deleted: 'audit.leadDeleted',
  meeting_settings_changed: 'audit.meetingSettingsChanged',
  contacts_merged: 'audit.contactsMerged',
  contacts_unmerged: 'audit.contactsUnmerged',
  document_deleted: 'audit.documentDeleted',
  website_added: 'audit.websiteAdded',
  website_deleted: 'audit.websiteDeleted',
  qa_pair_deleted: 'audit.pairDeleted',
  qa_pair_merged: 'audit.pairMerged',
  qa_pair_restored: 'audit.pairRestored',
  qa_pairs_changed: 'audit.pairsChanged',
  qa_pairs_imported: 'audit.pairsImported',
  gaps_reopened: 'audit.gapsReopened',
  embedder_changed: 'audit.embedderChanged',
  transcript_added: 'audit.transcriptAdded',
  transcript_deleted: 'audit.transcriptDeleted',
  webhook_created: 'audit.webhookCreated',
  webhook_changed: 'audit.webhookChanged',
  webhook_deleted: 'audit.webhookDeleted',
  webhook_secret_renewed: 'audit.webhookSecret',
  webhook_disabled: 'audit.webhookDisabled',
  channel_tools_changed: 'audit.channelTools',
  tool_call_approved: 'audit.toolApproved',
  tool_call_refused: 'audit.toolRefused',
  client_created: 'audit.clientCreated',
  client_deleted: 'audit.clientDeleted',
  client_address_confirmed: 'audit.clientAddressConfirmed',
  clients_merged: 'audit.clientsMerged',
  clients_unmerged: 'audit.clientsUnmerged',
  clients_imported: 'audit.clientsImported',
  clients_exported: 'audit.clientsExported',
  clients_changed: 'audit.clientsChanged',
  crm_settings_changed: 'audit.crmSettings',
  pipeline_created: 'audit.pipelineCreated',
  pipeline_changed: 'audit.pipelineChanged',
  pipeline_deleted: 'audit.pipelineDeleted',
  custom_field_created: 'audit.customFieldCreated',
  custom_field_changed: 'audit.customFieldChanged',
  custom_field_deleted: 'audit.customFieldDeleted',
  tag_deleted: 'audit.tagDeleted',
  deal_created: 'audit.dealCreated',
  deal_deleted: 'audit.dealDeleted',
  product_deleted: 'audit.productDeleted',
  products_imported: 'audit.productsImported',
  order_deleted: 'audit.orderDeleted',
  orders_imported: 'audit.ordersImported',
  keyword_action_created: 'audit.keywordCreated',
  keyword_action_changed: 'audit.keywordChanged',
  keyword_action_deleted: 'audit.keywordDeleted',
  collection_created: 'audit.collectionCreated',
  collection_changed: 'audit.collectionChanged',
  collection_deleted: 'audit.collectionDeleted',
  rule_created: 'audit.ruleCreated',
  rule_changed: 'audit.ruleChanged',
  rule_deleted: 'audit.ruleDeleted',
  training_set_created: 'audit.trainingSetCreated',
  training_set_changed: 'audit.trainingSetChanged',
  training_set_frozen: 'audit.trainingSetFrozen',
  training_set_exported: 'audit.trainingSetExported',
  training_set_deleted: 'audit.trainingSetDeleted',
  model_version_registered: 'audit.versionRegistered',
  model_tuning_started: 'audit.tuningStarted',
  model_tuning_cancelled: 'audit.tuningCancelled',
  model_version_activated: 'audit.versionActivated',
  model_version_deactivated: 'audit.versionDeactivated',
  model_version_changed: 'audit.versionChanged',
  model_version_deleted: 'audit.versionDeleted',
  retrieval_training_started: 'audit.retrievalTrainingStarted',
  retrieval_trained: 'audit.retrievalTrained',
  audit_log_exported: 'audit.logExported',
  workspace_exported: 'audit.workspaceExported',
  workspace_imported: 'audit.workspaceImported',
  contact_exported: 'audit.contactExported',
  retention_changed: 'audit.retentionChanged',
  conversations_expired: 'audit.conversationsExpired',
  plan_changed: 'audit.planChanged',
};

/** A newer server may know an action that this page does not. */
export function actionText({ action }: AuditEntry): string {
  const key = actionNames[action] as PlainKey | undefined;
  return key ? t(key) : action.replaceAll('_', ' ');
}

const LONGEST = 120;

export function actorText({ actor, actor_name }: AuditEntry): string {
  if (actor_name) return actor_name;
  if (actor === 'system') return 'Rapport';
  if (actor.startsWith('operator')) return t('audit.operator');
  return actor.startsWith('api_key:') ? t('audit.formerKey') : t('audit.formerMember');
}

/** `Ana · Role: Agent → Admin` */
export function detailsText({ subject_name, details }: AuditEntry): string {
  const { from, to, ...fields } = (details ?? {}) as Record<string, unknown>;
  const name = subject_name ?? (typeof fields.name === 'string' ? fields.name : null);
  if (typeof fields.name === 'string') delete fields.name;
  const facts = Object.entries(to === undefined ? fields : { ...fields, role: { from, to } });
  return [name, ...facts.flatMap(([field, value]) => factTexts(field, value))]
    .filter(Boolean)
    .join(' · ');
}

/** One fact a field. A group of fields that was changed is taken apart; what has no name of its own is left out. */
function factTexts(field: string, value: unknown): string[] {
  const change = isChange(value) ? value : null;
  const key = fieldNames[field];
  const [from, to] = [change?.from, change?.to].map(fieldsOf);
  if (!key || (from && to && field === 'settings')) {
    if (!from || !to) return [];
    const changed = Object.keys(to).filter((name) => from[name] !== to[name]);
    return changed.flatMap((name) => factTexts(name, { from: from[name], to: to[name] }));
  }
  if (value == null) return [];
  const text = change
    ? `${shortText(field, change.from)} → ${shortText(field, change.to)}`
    : shortText(field, value);
  return [`${t(key)}: ${text}`];
}

/** Whole prompts are read in their versions. */
function shortText(field: string, value: unknown): string {
  const text = valueText(field, value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST).trimEnd()}…` : text;
}

function isChange(value: unknown): value is { from: unknown; to: unknown } {
  return typeof value === 'object' && value !== null && 'to' in value;
}

function fieldsOf(value: unknown): Record<string, unknown> | null {
  const isGroup = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isGroup ? (value as Record<string, unknown>) : null;
}
