/** Webhooks in words: kinds of events, states, and why something failed. */
import type { WebhookDeliveryStatus, WebhookEndpoint, WebhookEventType } from '$lib/data/webhooks';
import { t, type PlainKey } from '../../../i18n/index.svelte';

/** One without a text does not compile. */
export const eventNames: Record<WebhookEventType, PlainKey> = {
  'message.created': 'webhooks.messageCreated',
  'message.status_changed': 'webhooks.messageStatusChanged',
  'conversation.created': 'webhooks.conversationCreated',
  'conversation.resolved': 'webhooks.conversationResolved',
  'conversation.reopened': 'webhooks.conversationReopened',
  'conversation.assigned': 'webhooks.conversationAssigned',
  'conversation.handoff_requested': 'webhooks.handoffRequested',
  'conversation.rated': 'webhooks.conversationRated',
  'contact.created': 'webhooks.contactCreated',
  'contact.updated': 'webhooks.contactUpdated',
  'answer.rated': 'webhooks.answerRated',
  'gap.detected': 'webhooks.gapDetected',
  'client.created': 'webhooks.clientCreated',
  'client.updated': 'webhooks.clientUpdated',
  'deal.created': 'webhooks.dealCreated',
  'deal.stage_changed': 'webhooks.dealStageChanged',
  'order.created': 'webhooks.orderCreated',
  'order.status_changed': 'webhooks.orderStatusChanged',
  'lead.created': 'webhooks.leadCreated',
  'lead.status_changed': 'webhooks.leadStatusChanged',
  'meeting.booked': 'webhooks.meetingBooked',
  'meeting.moved': 'webhooks.meetingMoved',
  'meeting.cancelled': 'webhooks.meetingCancelled',
  'meeting.completed': 'webhooks.meetingCompleted',
};

export const statusNames: Record<WebhookDeliveryStatus, PlainKey> = {
  pending: 'webhooks.pending',
  delivered: 'webhooks.delivered',
  failed: 'webhooks.failed',
};

export const statusLooks = { pending: 'info', delivered: 'success', failed: 'warning' } as const;

export const disabledTexts: Record<NonNullable<WebhookEndpoint['disabled_reason']>, PlainKey> = {
  by_hand: 'webhooks.offByHand',
  gone: 'webhooks.offGone',
  failing: 'webhooks.offFailing',
};

const errorTexts: Partial<Record<string, PlainKey>> = {
  timeout: 'webhooks.errorTimeout',
  no_connection: 'webhooks.errorNoConnection',
  address_not_allowed: 'webhooks.errorNotAllowed',
  redirect: 'webhooks.errorRedirect',
  gone: 'webhooks.errorGone',
  overloaded: 'webhooks.errorOverloaded',
  refused: 'webhooks.errorRefused',
  disabled: 'webhooks.errorDisabled',
};

/** `Answered 500: not accepted`, or what kept an answer from coming. */
export function outcomeText(error: string | null | undefined, status: number | null | undefined) {
  const key = error ? errorTexts[error] : 'webhooks.errorNone';
  const text = key ? t(key) : (error ?? '');
  return status == null ? text : `${status} · ${text}`;
}
