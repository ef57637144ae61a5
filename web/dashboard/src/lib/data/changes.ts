/**
 * What people do to conversations, one or many at a time: on screen first, then at the server, undone on screen where
 * it refuses. The server's answer holds the way back, which the toast and `Z` offer.
 */
import type { QueryClient } from '@tanstack/svelte-query';
import {
  api,
  ApiError,
  ask,
  type ConversationChange,
  type ConversationPatch,
  type ConversationSummary,
} from '../api';
import { conversationQuery, knownConversation, putConversation } from './conversations';
import { timelineQuery } from './timeline';
import { labelsQuery, teamQuery } from './inbox-lists';
import { ownChanges } from './own-changes';

const MOST_AT_ONCE = 200;

export interface Changed {
  /** The changes that take everything back; empty when nothing was done. */
  undo: ConversationChange[];
  /** The server's sentences about those that it refused, each once. */
  failures: string[];
}

/** The same change for several conversations. */
export function changeAll(
  client: QueryClient,
  ids: readonly string[],
  patch: ConversationPatch,
): Promise<Changed> {
  return change(
    client,
    ids.map((id) => ({ ...patch, id })),
  );
}

/** Changes conversations. Throws `ApiError` only when the server could not be asked at all. */
export async function change(
  client: QueryClient,
  changes: readonly ConversationChange[],
): Promise<Changed> {
  const before = new Map<string, ConversationSummary>();
  for (const one of changes) {
    const known = knownConversation(client, one.id);
    if (!known) continue;
    before.set(one.id, known);
    ownChanges.add(one.id);
    putConversation(client, changed(client, known, one));
  }
  const result: Changed = { undo: [], failures: [] };
  try {
    for (let start = 0; start < changes.length; start += MOST_AT_ONCE) {
      await send(client, changes.slice(start, start + MOST_AT_ONCE), before, result);
    }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const undone = new Set(result.undo.map(({ id }) => id));
    for (const [id, known] of before) if (!undone.has(id)) putConversation(client, known);
    result.failures.push(error.message);
  }
  return { ...result, failures: [...new Set(result.failures)] };
}

async function send(
  client: QueryClient,
  changes: ConversationChange[],
  before: Map<string, ConversationSummary>,
  result: Changed,
): Promise<void> {
  const { items } = await ask(api.POST('/api/v1/conversations/bulk', { body: { changes } }));
  for (const item of items) {
    const known = before.get(item.id);
    if (item.error) {
      result.failures.push(item.error.detail || item.error.title);
      if (known) putConversation(client, known);
    } else if (item.before) {
      result.undo.push({ ...item.before, id: item.id });
    }
    // What the server made of it comes live too; this also works while the stream is interrupted.
    void client.invalidateQueries(conversationQuery(item.id));
    void client.invalidateQueries(timelineQuery(item.id));
  }
}

/** How the conversation will look. Pure but for the names of labels and people. */
function changed(
  client: QueryClient,
  before: ConversationSummary,
  patch: ConversationPatch,
): ConversationSummary {
  const after = { ...before };
  if (patch.status) {
    after.status = patch.status;
    after.needs_person = patch.status === 'escalated';
  }
  if (patch.assigned_to !== undefined) {
    after.assigned_to = patch.assigned_to;
    after.assignee_name = nameOf(client, patch.assigned_to);
  }
  if (patch.ai_paused != null) after.ai_paused = patch.ai_paused;
  if (patch.snoozed_until !== undefined) after.snoozed_until = patch.snoozed_until;
  if (patch.add_label_ids || patch.remove_label_ids) {
    const all = client.getQueryData(labelsQuery().queryKey) ?? before.labels;
    const removed = new Set(patch.remove_label_ids ?? []);
    const ids = new Set([...before.labels.map(({ id }) => id), ...(patch.add_label_ids ?? [])]);
    after.labels = all.filter(({ id }) => ids.has(id) && !removed.has(id));
  }
  return after;
}

function nameOf(client: QueryClient, userId: string | null): string | null {
  const team = client.getQueryData(teamQuery().queryKey);
  return team?.find((one) => one.user_id === userId)?.name ?? null;
}
