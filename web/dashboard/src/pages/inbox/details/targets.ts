/** How a conversation stands against the targets of the team. Pure. */
import type { ConversationSummary } from '$lib/api';

export interface Target {
  kind: 'first_reply' | 'resolution';
  state: 'kept' | 'late' | 'due';
  dueAt: string;
}

export function targetsOf(conversation: ConversationSummary, now: number): Target[] {
  const { first_reply_due_at, first_replied_at, resolution_due_at, status } = conversation;
  const targets: Target[] = [];
  if (first_reply_due_at) {
    const at = first_replied_at ? Date.parse(first_replied_at) : null;
    targets.push({
      kind: 'first_reply',
      state: stateOf(Date.parse(first_reply_due_at), at, now),
      dueAt: first_reply_due_at,
    });
  }
  if (resolution_due_at) {
    // When it was resolved is when it changed last.
    const at = status === 'resolved' ? Date.parse(conversation.updated_at) : null;
    targets.push({
      kind: 'resolution',
      state: stateOf(Date.parse(resolution_due_at), at, now),
      dueAt: resolution_due_at,
    });
  }
  return targets;
}

function stateOf(due: number, done: number | null, now: number): Target['state'] {
  if (done !== null) return done <= due ? 'kept' : 'late';
  return now > due ? 'late' : 'due';
}
