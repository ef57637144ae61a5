/** What the server has under the words typed: a few of each kind. */
import { api, ask } from '$lib/api';
import { clientName } from '$lib/crm/name';
import { router } from '$lib/router.svelte';
import { workspaceHref } from '$lib/session.svelte';
import { t } from '../../i18n/index.svelte';
import { plainText } from '$shared/markdown';
import type { Scope, Section } from './entries';

const MOST = 5;

export async function findRecords(
  words: string,
  scope: Scope,
  signal: AbortSignal,
): Promise<Section[]> {
  if (words.length < 2 || scope === 'actions') return [];
  const lists = [
    conversations(words, signal),
    clients(words, signal),
    ...(scope === 'all'
      ? [deals(words, signal), orders(words, signal), answers(words, signal)]
      : []),
  ];
  const sections = await Promise.all(lists);
  return sections.filter(({ entries }) => entries.length > 0);
}

async function conversations(q: string, signal: AbortSignal): Promise<Section> {
  const query = { q, limit: MOST };
  const page = await ask(api.GET('/api/v1/conversations', { params: { query }, signal }));
  const entries = page.items.map(({ id, contact, last_message_preview }) => ({
    id,
    label: contact.name ?? contact.email ?? t('inbox.visitor'),
    detail: plainText(last_message_preview ?? ''),
    run: () => {
      router.navigate(workspaceHref(`/inbox/${id}?view=all`));
    },
  }));
  return { title: t('inbox.list'), entries };
}

async function clients(q: string, signal: AbortSignal): Promise<Section> {
  const query = { q, limit: MOST };
  const page = await ask(api.GET('/api/v1/crm/clients', { params: { query }, signal }));
  const entries = page.items.map((client) => ({
    id: client.id,
    label: clientName(client),
    detail: [client.company_name, client.email].filter(Boolean).join(' · '),
    run: () => {
      router.navigate(workspaceHref(`/clients/${client.id}`));
    },
  }));
  return { title: t('nav.clients'), entries };
}

async function deals(q: string, signal: AbortSignal): Promise<Section> {
  const query = { q, limit: MOST };
  const page = await ask(api.GET('/api/v1/crm/deals', { params: { query }, signal }));
  const entries = page.items.map(({ id, name, client_name, pipeline_stage_name }) => ({
    id,
    label: name,
    detail: [client_name, pipeline_stage_name].filter(Boolean).join(' · '),
    run: () => {
      router.navigate(workspaceHref(`/deals/${id}`));
    },
  }));
  return { title: t('nav.deals'), entries };
}

async function orders(q: string, signal: AbortSignal): Promise<Section> {
  const query = { q, limit: MOST };
  const page = await ask(api.GET('/api/v1/crm/orders', { params: { query }, signal }));
  const entries = page.items.map(({ id, order_number, client_name, status }) => ({
    id,
    label: order_number,
    detail: [client_name, t(`orderStatus.${status}`)].filter(Boolean).join(' · '),
    run: () => {
      router.navigate(workspaceHref(`/orders/${id}`));
    },
  }));
  return { title: t('nav.orders'), entries };
}

async function answers(q: string, signal: AbortSignal): Promise<Section> {
  const query = { q, limit: MOST };
  const page = await ask(api.GET('/api/v1/qa-pairs', { params: { query }, signal }));
  const entries = page.items.map(({ id, question, answer }) => ({
    id,
    label: question,
    detail: plainText(answer),
    run: () => {
      router.navigate(workspaceHref(`/knowledge?q=${encodeURIComponent(question)}`));
    },
  }));
  return { title: t('nav.knowledge'), entries };
}
