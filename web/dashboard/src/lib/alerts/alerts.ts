/**
 * Calls somebody to the inbox: a notification of the browser and a soft sound, as their profile wants it. Of several
 * open tabs only one does so, and none about what is being looked at.
 */
import type { QueryClient } from '@tanstack/svelte-query';
import { plainText } from '$shared/markdown';
import { t } from '../../i18n/index.svelte';
import type { ConversationSummary, Message } from '../api';
import { conversationQuery } from '../data/conversations';
import { profile } from '../preferences.svelte';
import { recall, remember } from '../remember';
import { router } from '../router.svelte';
import { session, workspaceHref } from '../session.svelte';
import { reasonToCall, type Reason } from './reason';
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

/** Tells the other tabs which conversation is in sight; none with an empty id. */
export function lookAt(conversationId: string): void {
  remember(LOOKING_AT, conversationId);
}

/** To be called before the event is applied: what is cached is the state before. */
export function alertAbout(
  client: QueryClient,
  conversation: ConversationSummary,
  message: Message | null,
): void {
  if (!session() || !isLeader) return;
  const preview = plainText(message?.text ?? conversation.last_message_preview ?? '');
  void reasonToCall(client, conversation, message).then((reason) => {
    if (reason) call(titleFor(reason, nameOf(conversation)), preview, conversation.id);
  });
}

function titleFor(reason: Reason, name: string): string {
  if (reason === 'needs_person') return t('alerts.needsPerson', { name });
  return reason === 'assigned' ? t('alerts.assigned', { name }) : name;
}

export function alertAboutMention(
  client: QueryClient,
  { conversation_id, user_id }: { conversation_id: string; user_id: string },
): void {
  if (user_id !== session()?.user.id || !isLeader) return;
  void client
    .fetchQuery(conversationQuery(conversation_id))
    .then((conversation) => {
      call(t('alerts.mention', { name: nameOf(conversation) }), '', conversation_id);
    })
    .catch(() => undefined);
}

function call(title: string, body: string, id: string): void {
  const wanted = profile()?.notifications;
  if (!wanted || recall(LOOKING_AT) === id) return;
  if (wanted.sound) playTone();
  // Some phones have no notifications for pages.
  if (!wanted.browser || !('Notification' in window) || Notification.permission !== 'granted') {
    return;
  }
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
