import { expect, it } from 'vitest';
import { readServerEvents } from './sse.ts';

const STREAM =
  '\uFEFF: keep-alive\r\n\r\nevent: delta\ndata: {"text":"é🙂"}\n\nid: 7\r\ndata: one\r\ndata:two\r\n\r\ndata\n\nevent: alone\n\nretry: 5\ndata:  kept: space\n\n\ndata: end\n\n';
const EVENTS = [
  { event: 'delta', data: '{"text":"é🙂"}', id: '' },
  { event: 'message', data: 'one\ntwo', id: '7' },
  { event: 'message', data: '', id: '7' },
  { event: 'message', data: ' kept: space', id: '7' },
  { event: 'message', data: 'end', id: '7' },
];

function streamOf(text: string, chunkSize: number): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  let position = 0;
  return new ReadableStream({
    pull(controller) {
      if (position >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(position, (position += chunkSize)));
    },
  });
}

it('reads the same events however the bytes are cut', async () => {
  const length = new TextEncoder().encode(STREAM).length;
  for (let chunkSize = 1; chunkSize <= length; chunkSize += 1) {
    const events = [];
    for await (const event of readServerEvents(streamOf(STREAM, chunkSize))) events.push(event);
    expect(events, `in pieces of ${chunkSize} bytes`).toEqual(EVENTS);
  }
});

it('drops an event whose empty line never came', async () => {
  for await (const event of readServerEvents(streamOf('data: half\n', 3))) {
    expect.unreachable(`no event expected, got ${event.event}`);
  }
});

it('reports activity for comments too', async () => {
  let chunks = 0;
  for await (const event of readServerEvents(streamOf(': hello\n\n', 3), () => (chunks += 1))) {
    expect.unreachable(`no event expected, got ${event.event}`);
  }
  expect(chunks).toBe(3);
});

it('cancels the body when the reader leaves early', async () => {
  let isCancelled = false;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode('data: 1\n\n')),
    cancel: () => {
      isCancelled = true;
    },
  });
  for await (const event of readServerEvents(body)) {
    expect(event.data).toBe('1');
    break;
  }
  expect(isCancelled).toBe(true);
});
