/** The fixed choices of sales in the language on screen, in the order in which lists offer them. */
import { t } from '../../i18n/index.svelte';

export const clientTypes = ['lead', 'prospect', 'customer', 'partner', 'inactive'] as const;
export const lifecycleStages = [
  'lead',
  'mql',
  'sql',
  'opportunity',
  'customer',
  'evangelist',
  'churned',
] as const;
export const leadQualities = ['hot', 'warm', 'cold'] as const;
export const activityTypes = [
  'task',
  'call',
  'email',
  'meeting',
  'note',
  'chatbot_interaction',
  'website_visit',
] as const;
export const activityStatuses = ['pending', 'completed', 'cancelled'] as const;
export const priorities = ['low', 'medium', 'high', 'urgent'] as const;
export const noteTypes = ['general', 'call_log', 'meeting_summary', 'important'] as const;
export const fieldTypes = ['text', 'number', 'date', 'boolean', 'choice', 'url'] as const;
export const dealStages = [
  'prospecting',
  'qualification',
  'proposal',
  'negotiation',
  'closed_won',
  'closed_lost',
] as const;
export const orderStatuses = [
  'pending',
  'processing',
  'shipped',
  'delivered',
  'cancelled',
  'refunded',
] as const;

export type ClientType = (typeof clientTypes)[number];
export type LifecycleStage = (typeof lifecycleStages)[number];
export type LeadQuality = (typeof leadQualities)[number];
export type ActivityType = (typeof activityTypes)[number];
export type ActivityStatus = (typeof activityStatuses)[number];
export type Priority = (typeof priorities)[number];
export type NoteType = (typeof noteTypes)[number];
export type FieldType = (typeof fieldTypes)[number];
export type DealStage = (typeof dealStages)[number];
export type OrderStatus = (typeof orderStatuses)[number];

export const clientTypeName = (type: ClientType) => t(`clientType.${type}`);
export const lifecycleName = (stage: LifecycleStage) => t(`lifecycle.${stage}`);
export const qualityName = (quality: LeadQuality) => t(`leadQuality.${quality}`);
export const activityTypeName = (type: ActivityType) => t(`activityType.${type}`);
export const activityStatusName = (status: ActivityStatus) => t(`activityStatus.${status}`);
export const priorityName = (priority: Priority) => t(`priority.${priority}`);
export const noteTypeName = (type: NoteType) => t(`noteType.${type}`);
export const fieldTypeName = (type: FieldType) => t(`fieldType.${type}`);
export const dealStageName = (stage: DealStage) => t(`dealStage.${stage}`);
export const orderStatusName = (status: OrderStatus) => t(`orderStatus.${status}`);

type Look = 'info' | 'success' | 'warning' | 'danger' | 'plain';

/** How a badge shows it: green only for what succeeded, amber for what wants attention. */
export const qualityLooks: Record<LeadQuality, Look> = {
  hot: 'warning',
  warm: 'info',
  cold: 'plain',
};
export const clientTypeLooks: Record<ClientType, Look> = {
  lead: 'info',
  prospect: 'info',
  customer: 'success',
  partner: 'plain',
  inactive: 'plain',
};
export const dealStageLooks: Record<DealStage, Look> = {
  prospecting: 'plain',
  qualification: 'info',
  proposal: 'info',
  negotiation: 'warning',
  closed_won: 'success',
  closed_lost: 'danger',
};
export const orderStatusLooks: Record<OrderStatus, Look> = {
  pending: 'warning',
  processing: 'info',
  shipped: 'info',
  delivered: 'success',
  cancelled: 'plain',
  refunded: 'danger',
};
export const priorityLooks: Record<Priority, Look> = {
  low: 'plain',
  medium: 'info',
  high: 'warning',
  urgent: 'danger',
};

export function optionsOf<Value extends string>(
  values: readonly Value[],
  name: (value: Value) => string,
): { value: Value; label: string }[] {
  return values.map((value) => ({ value, label: name(value) }));
}
