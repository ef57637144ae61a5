/**
 * Calls somebody to the inbox: a notification of the browser and a soft sound, for what concerns them. Of several open
 * tabs only one does so, and none about what is being looked at. Nothing happens before it was switched on.
 */
import type { QueryClient } from '@tanstack/svelte-query';
import { plainText } from '$shared/markdown';
import { t } from '../../i18n/index.svelte';
import type { ConversationSummary, Message } from '../api';
import { conversationQuery, knownConversation } from '../data/conversations';
import { recall, remember } from '../remember';
import { router } from '../router.svelte';
import { session, workspaceHref } from '../session.svelte';
import { alertSettings } from './alert-settings.svelte';
import { playTone } from './tone';

const LOOKING_AT = 'looking-at';
let isLeader = false;

/** Takes part in the choice of the tab that calls. Returns the way to stop. */
export function startAlerts(workspaceId: string): () => void {
  const closing = new AbortController();
  const lead = () => {
    isLeader = true;
    return new Promise<void>((resolve) => {
      closing.signal.addEventListener('abort', () => {
        isLeader = false;
        resolve();
      });
    });
  };
  const name = `rapport-alerts-${workspaceId}`;
  // Without locks (plain HTTP) each tab speaks for itself.
  if (!('locks' in navigator)) isLeader = true;
  else navigator.locks.request(name, { signal: closing.signal }, lead).catch(() => undefined);
  return () => {
    closing.abort();
  };
}

/** Tells the other tabs which conversation is in sight. */
export function lookAt(conversationId: string): void {
  remember(LOOKING_AT, document.hasFocus() ? conversationId : '');
}

/** Before the event is applied: what is cached is the state before. */
export function alertAbout(
  client: QueryClient,
  conversation: ConversationSummary,
  message: Message | null,
): void {
  const me = session()?.user.id;
  if (!me || !isLeader) return;
  const before = knownConversation(client, conversation.id);
  const isMine = conversation.assigned_to === me;
  const preview = plainText(message?.text ?? conversation.last_message_preview ?? '');
  if (conversation.needs_person && before?.needs_person === false) {
    call(
      'needs_person',
      t('alerts.needsPerson', { name: nameOf(conversation) }),
      preview,
      conversation.id,
    );
  } else if (isMine && before && before.assigned_to !== me) {
    call(
      'assigned',
      t('alerts.assigned', { name: nameOf(conversation) }),
      preview,
      conversation.id,
    );
  } else if (isMine && message?.sender_type === 'user') {
    call('message', nameOf(conversation), preview, conversation.id);
  }
}

export function alertAboutMention(
  client: QueryClient,
  { conversation_id, user_id }: { conversation_id: string; user_id: string },
): void {
  if (user_id !== session()?.user.id || !isLeader) return;
  void client
    .fetchQuery(conversationQuery(conversation_id))
    .then((conversation) => {
      call('mention', t('alerts.mention', { name: nameOf(conversation) }), '', conversation_id);
    })
    .catch(() => undefined);
}

type Reason = 'needs_person' | 'assigned' | 'mention' | 'message';

function call(reason: Reason, title: string, body: string, id: string): void {
  const settings = alertSettings();
  if (settings.muted.includes(reason) || recall(LOOKING_AT) === id) return;
  if (settings.hasSound) playTone();
  if (!settings.hasNotifications || Notification.permission !== 'granted') return;
  // The same tag replaces what was said about this conversation before.
  const notification = new Notification(title, { body, tag: id, silent: true });
  notification.onclick = () => {
    window.focus();
    router.navigate(workspaceHref(`/inbox/${id}`));
    notification.close();
  };
}

function nameOf({ contact }: ConversationSummary): string {
  return contact.name || contact.email || t('inbox.visitor');
}
