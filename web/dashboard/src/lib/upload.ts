/**
 * A `fetch` that tells how much of a large body has left. Only XMLHttpRequest can, so it is one inside; for a call of
 * `api`, which stays what knows paths, types and errors.
 */
import { language } from '../i18n/index.svelte';
import { noteBuild } from './version.svelte';

const LONGEST_MS = 15 * 60_000;

/** `onprogress` is told a part from 0 to 1. */
export function tellingFetch(
  onprogress: (part: number) => void,
): (request: Request) => Promise<Response> {
  return async (request) => {
    const body = await request.blob();
    const sent = new XMLHttpRequest();
    sent.open(request.method, request.url);
    sent.timeout = LONGEST_MS;
    for (const [name, value] of request.headers) sent.setRequestHeader(name, value);
    sent.setRequestHeader('accept-language', language());
    sent.upload.onprogress = ({ loaded, total }) => {
      if (total > 0) onprogress(loaded / total);
    };
    await finished(sent, body, request.signal);
    const headers = headersOf(sent);
    noteBuild(headers);
    return new Response(sent.responseText || null, { status: sent.status, headers });
  };
}

function finished(sent: XMLHttpRequest, body: Blob, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    sent.onload = () => {
      resolve();
    };
    sent.onerror = sent.ontimeout = () => {
      reject(new TypeError('The server was not reached.'));
    };
    sent.onabort = () => {
      reject(new DOMException('Given up.', 'AbortError'));
    };
    signal.addEventListener('abort', () => {
      sent.abort();
    });
    signal.throwIfAborted();
    sent.send(body);
  });
}

function headersOf(sent: XMLHttpRequest): Headers {
  const lines = sent
    .getAllResponseHeaders()
    .trim()
    .split(/[\r\n]+/);
  const headers = new Headers();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return headers;
}
