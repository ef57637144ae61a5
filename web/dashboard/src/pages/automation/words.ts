/** What rules are made of, in words. */
import type {
  FiringStatus,
  KeywordActionType,
  KeywordMatchType,
  RuleAction,
  RuleActionKind,
  RuleDraft,
  RuleEventKind,
} from '$lib/data/automation';
import { kindName } from '$lib/channel-kind';
import { t, type PlainKey } from '../../i18n/index.svelte';

export const eventNames: Record<RuleEventKind, PlainKey> = {
  'conversation.created': 'ruleEvent.conversationCreated',
  'message.created': 'ruleEvent.messageCreated',
  'gap.created': 'ruleEvent.gapCreated',
  'escalation.created': 'ruleEvent.escalationCreated',
  'conversation.resolved': 'ruleEvent.conversationResolved',
  no_reply: 'ruleEvent.noReply',
  'deal.stage_changed': 'ruleEvent.dealStageChanged',
  'order.status_changed': 'ruleEvent.orderStatusChanged',
};

export const actionNames: Record<RuleActionKind, PlainKey> = {
  label: 'ruleAction.label',
  assign: 'ruleAction.assign',
  escalate: 'ruleAction.escalate',
  pause_ai: 'ruleAction.pause_ai',
  resume_ai: 'ruleAction.resume_ai',
  reply: 'ruleAction.reply',
  note: 'ruleAction.note',
  set_status: 'ruleAction.set_status',
  snooze: 'ruleAction.snooze',
};

export const statusNames: Record<FiringStatus, PlainKey> = {
  done: 'firings.done',
  failed: 'firings.failed',
  skipped_loop: 'firings.skipped_loop',
  stopped: 'firings.stopped',
};

export const matchNames: Record<KeywordMatchType, PlainKey> = {
  word: 'keywords.word',
  exact: 'keywords.exact',
  pattern: 'keywords.pattern',
};

export const keywordActionNames: Record<KeywordActionType, PlainKey> = {
  DISABLE_AI: 'keywords.DISABLE_AI',
  ENABLE_AI: 'keywords.ENABLE_AI',
  ESCALATE: 'keywords.ESCALATE',
  TAG: 'keywords.TAG',
  ASSIGN: 'keywords.ASSIGN',
  REPLY: 'keywords.REPLY',
  LEAD_FORM: 'keywords.LEAD_FORM',
};

/** A field's name. A newer server may know one that this page does not. */
export function fieldName(field: string): string {
  const text = t(`ruleField.${field}` as PlainKey) as string | undefined;
  return text ?? field.replaceAll('_', ' ');
}

export function choiceName(field: string, choice: string): string {
  if (field === 'channel_kind') return kindName(choice);
  const text = t(`ruleChoice.${choice}` as PlainKey) as string | undefined;
  return text ?? choice;
}

/** Names of what actions speak of, by id. */
export interface Names {
  labels: { id: string; name: string }[];
  team: { user_id: string; name: string }[];
}

export function actionText(action: RuleAction, { labels, team }: Names): string {
  const what = t(actionNames[action.type]);
  const gone = t('ruleAction.gone');
  switch (action.type) {
    case 'label':
      return `${what}: ${labels.find(({ id }) => id === action.label_id)?.name ?? gone}`;
    case 'assign':
      return `${what}: ${team.find(({ user_id }) => user_id === action.user_id)?.name ?? gone}`;
    case 'reply':
    case 'note':
      return `${what}: “${action.text}”`;
    case 'set_status':
      return `${what}: ${choiceName('status', action.status)}`;
    case 'snooze':
      return `${what}: ${String(action.minutes)}`;
    default:
      return what;
  }
}

/** A rule that does nothing yet. */
export function emptyRule(): RuleDraft {
  return {
    name: '',
    event: 'conversation.created',
    after_minutes: null,
    conditions: { all: [], any: [] },
    actions: [{ type: 'escalate' }],
    is_active: true,
    stop_after: false,
  };
}
