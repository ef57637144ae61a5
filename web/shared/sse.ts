/**
 * Server-sent events read from a `fetch` body. The browser's own `EventSource` cannot send an
 * `Authorization` header nor a POST, so the format is parsed here, whatever the chunking.
 * Not a connection: opening, back-off and resuming belong to the caller. Lines may end in LF or
 * CRLF; the lone CR of the specification is not used by any server we know.
 */

export interface ServerEvent {
  /** `message` when the server names none. */
  event: string;
  data: string;
  /** The last id the server sent on this stream, or an empty text. */
  id: string;
}

/**
 * The events of a response body, until it ends. An unfinished event at the end is dropped.
 * `onActivity` is called for every chunk, keep-alive comments included.
 */
export async function* readServerEvents(
  body: ReadableStream<Uint8Array>,
  onActivity?: () => void,
): AsyncGenerator<ServerEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  let lastId = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      onActivity?.();
      const blocks = (rest + decoder.decode(value, { stream: true }).replaceAll('\r', '')).split(
        '\n\n',
      );
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const { event = 'message', data, id = lastId } = readFields(block);
        lastId = id;
        if (data !== undefined) yield { event, data, id };
      }
    }
  } finally {
    // Also reached when the caller leaves its loop early.
    await reader.cancel().catch(() => undefined);
  }
}

/** The fields of one event; lines of data are put together again. */
function readFields(block: string): Partial<Record<string, string>> {
  const fields: Partial<Record<string, string>> = {};
  for (const line of block.split('\n')) {
    const [, name = '', value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
    const before = name === 'data' ? fields.data : undefined;
    fields[name] = before === undefined ? value : `${before}\n${value}`;
  }
  return fields;
}
