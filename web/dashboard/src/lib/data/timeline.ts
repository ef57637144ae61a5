/** What stands between the messages of a conversation: internal notes, and what happened to it. */
import { queryOptions, type QueryClient } from '@tanstack/svelte-query';
import { api, ask, type Note } from '../api';

export function timelineQuery(id: string) {
  return queryOptions({
    queryKey: ['timeline', id],
    queryFn: ({ signal }) =>
      ask(api.GET('/api/v1/conversations/{id}/timeline', { params: { path: { id } }, signal })),
  });
}

/** Something was added: read it again, if anybody looks. */
export function refreshTimeline(client: QueryClient, id: string): void {
  void client.invalidateQueries(timelineQuery(id));
}

/** Shows a note that was just stored. */
export function putNote(client: QueryClient, conversationId: string, note: Note): void {
  client.setQueryData(timelineQuery(conversationId).queryKey, (timeline) => {
    if (!timeline || timeline.notes.some(({ id }) => id === note.id)) return timeline;
    return { ...timeline, notes: [...timeline.notes, note] };
  });
}

/** Takes a note away, on screen first. Throws `ApiError`, and the note is back. */
export async function deleteNote(
  client: QueryClient,
  conversationId: string,
  noteId: string,
): Promise<void> {
  const { queryKey } = timelineQuery(conversationId);
  const before = client.getQueryData(queryKey);
  client.setQueryData(
    queryKey,
    (timeline) =>
      timeline && { ...timeline, notes: timeline.notes.filter(({ id }) => id !== noteId) },
  );
  try {
    const path = { id: conversationId, note_id: noteId };
    await ask(api.DELETE('/api/v1/conversations/{id}/notes/{note_id}', { params: { path } }));
  } catch (error) {
    client.setQueryData(queryKey, before);
    throw error;
  }
}
