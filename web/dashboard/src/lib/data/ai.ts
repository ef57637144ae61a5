/** What the AI says about a conversation: a draft to start from, and why it answered as it did. */
import { queryOptions } from '@tanstack/svelte-query';
import { api, ask, type AnswerDraft, type AnswerTrace } from '../api';

/** Writes a reply for a person to check. Nothing is stored or sent. */
export function draftReply(conversationId: string, signal: AbortSignal): Promise<AnswerDraft> {
  const params = { path: { id: conversationId } };
  return ask(api.POST('/api/v1/conversations/{id}/draft', { params, signal }));
}

/** The trace is stored as it is; its form is the server's own. */
export function traceQuery(conversationId: string, messageId: string) {
  return queryOptions({
    queryKey: ['trace', messageId],
    queryFn: ({ signal }) => {
      const path = { id: conversationId, message_id: messageId };
      const init = { params: { path }, signal };
      return ask(
        api.GET('/api/v1/conversations/{id}/messages/{message_id}/trace', init),
      ) as Promise<AnswerTrace>;
    },
    staleTime: Infinity,
  });
}
