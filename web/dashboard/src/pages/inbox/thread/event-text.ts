/** What happened to a conversation, as a sentence. */
import type { ConversationEvent } from '$lib/api';
import { fullTime } from '$lib/time';
import { locale, t } from '../../../i18n/index.svelte';

interface Facts {
  name?: string;
  label?: string;
  until?: string;
  reason?: string;
  rating?: number;
  by?: string;
  via?: string;
  via_name?: string;
}

export function eventText({ kind, actor_name, data }: ConversationEvent): string {
  const facts = (data ?? {}) as Facts;
  const own = setUp(facts);
  const actor = own ?? actor_name ?? t('event.system');
  const name = facts.name ?? '';
  switch (kind) {
    case 'assigned':
      if (facts.by === 'rule') return t('event.assignedByRule', { name });
      return !own && (name === actor_name || !name)
        ? t('event.assignedSelf', { actor })
        : t('event.assigned', { actor, name });
    case 'unassigned':
      return t('event.unassigned', { actor });
    case 'resolved':
      return t('event.resolved', { actor });
    case 'reopened':
      return (own ?? actor_name) ? t('event.reopened', { actor }) : t('event.reopenedByVisitor');
    case 'escalated':
      return own ? t('event.escalated', { actor }) : escalated(facts.reason, actor_name ?? null);
    case 'taken_over':
      return t('event.takenOver', { actor });
    case 'given_back':
      return t('event.givenBack', { actor });
    case 'snoozed':
      return t('event.snoozed', {
        actor,
        time: facts.until ? fullTime(facts.until, locale()) : '…',
      });
    case 'woken':
      return (own ?? actor_name) ? t('event.wokenBy', { actor }) : t('event.woken');
    case 'label_added':
      return t('event.labelAdded', { actor, label: facts.label ?? name });
    case 'label_removed':
      return t('event.labelRemoved', { actor, label: facts.label ?? name });
    case 'blocked':
      return t('event.blocked', { actor });
    case 'unblocked':
      return t('event.unblocked', { actor });
    case 'tool_requested':
      return t('event.toolRequested');
    case 'tool_approved':
      return t('event.toolApproved', { actor });
    case 'tool_refused':
      return t('event.toolRefused', { actor });
    case 'rated':
      return t('event.rated', { count: facts.rating ?? 0 });
    default:
      return kind;
  }
}

/** The rule or the keyword that did it. */
function setUp({ via, via_name: name = '' }: Facts): string | null {
  if (via === 'rule') return t('event.rule', { name });
  return via === 'keyword' ? t('event.keyword', { name }) : null;
}

function escalated(reason: string | undefined, actor: string | null): string {
  switch (reason) {
    case 'visitor_asked':
      return t('reason.visitor_asked');
    case 'low_confidence':
      return t('reason.low_confidence');
    case 'bot_limit':
      return t('reason.bot_limit');
    default:
      return actor ? t('event.escalated', { actor }) : t('event.escalatedBySystem');
  }
}
