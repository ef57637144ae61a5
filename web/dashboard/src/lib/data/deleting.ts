/** Conversations that are not needed any more: counted first, then deleted. */
import type { QueryClient } from '@tanstack/svelte-query';
import type { components } from '$shared/api/schema';
import { api, ask } from '../api';

export type DeletedConversations = components['schemas']['DeletedConversations'];
export type ConversationDeleteFilter = components['schemas']['ConversationDeleteFilter'];

/** What would go. */
export function countConversations(
  filter: ConversationDeleteFilter,
): Promise<DeletedConversations> {
  const body = { filter, dry_run: true };
  return ask(api.POST('/api/v1/conversations/bulk-delete', { body }));
}

/** Takes what was counted, and no more. */
export async function deleteConversations(
  client: QueryClient,
  filter: ConversationDeleteFilter,
  counted: DeletedConversations,
): Promise<DeletedConversations> {
  const body = { filter, seen_at: counted.seen_at, at_most: counted.conversations };
  const gone = await ask(api.POST('/api/v1/conversations/bulk-delete', { body }));
  void client.invalidateQueries({ queryKey: ['conversations'] });
  return gone;
}
