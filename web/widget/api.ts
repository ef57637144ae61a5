/**
 * The Widget API over `fetch`: one function per endpoint, every failure an `ApiError` or the
 * browser's own network error. Keeps the visitor's token, which is asked for only when there is
 * something to say, so that people who never write leave no trace. No cookies, no retries; those are
 * in `exchange.ts` and `live.ts`.
 */
import { readServerEvents, type ServerEvent } from '../shared/sse.ts';
import type { Conversation, Feedback, Message, Problem, WidgetConfig } from '../shared/types.ts';
import type { Question } from './state.ts';

export interface Session {
  conversation: Conversation;
  messages: Message[];
}

/** The server answered, but not with what was asked for. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly detail: string,
    /** Seconds to wait before another try. */
    readonly retryAfter = 0,
  ) {
    super(detail);
  }
}

/** A stream is given up when the server sends nothing, not even a keep-alive, for this long. */
const SILENCE_LIMIT_MS = 45_000;
/** Anything that is not a stream answers within this time. */
const REQUEST_LIMIT_MS = 20_000;
const UPLOAD_LIMIT_MS = 120_000;
/** When the server says that it is too much, but not for how long. */
const DEFAULT_WAIT_SECONDS = 5;

export class WidgetApi {
  token: string | null = null;
  /** Names the visitor; signed by the business's own server. Sent when a session opens. */
  identityToken: string | undefined;
  /** Of the visitor, as a language tag. */
  language = '';

  readonly #base: string;

  /** `scriptUrl` is where widget.js came from: the API lives beside it. */
  constructor(scriptUrl: string, channelKey: string) {
    this.#base = new URL(`api/widget/${encodeURIComponent(channelKey)}`, scriptUrl).href;
  }

  config(): Promise<WidgetConfig> {
    return this.#json('');
  }

  /** Opens a session, or brings back the one that the token stands for. */
  async openSession(): Promise<Session> {
    const session = await this.#json<Session & { visitor_token: string }>('/sessions', {
      identity_token: this.identityToken,
      // The query of an address may hold secrets of the page: only what names a campaign is told.
      page_url:
        location.origin +
        location.pathname +
        location.search.replace(/[?&](?!utm_)[^&]*/g, '').replace(/./, '?'),
      language: this.language,
    });
    this.token = session.visitor_token;
    return session;
  }

  /** The newest messages of the conversation. */
  messages(): Promise<Session> {
    return this.#json('/messages');
  }

  rate(messageId: string, value: Feedback, comment?: string): Promise<unknown> {
    return this.#json(`/messages/${messageId}/feedback`, { value, comment });
  }

  /** Posts a question and follows the answer as it is written. */
  ask({ clientMessageId, text, file }: Question, signal: AbortSignal): AsyncGenerator<ServerEvent> {
    const body = { client_message_id: clientMessageId, text, attachment_id: file };
    return this.#stream('/messages', signal, {}, body);
  }

  /** The live feed of the conversation from the message after `lastSeq` on. */
  events(lastSeq: number, signal: AbortSignal): AsyncGenerator<ServerEvent> {
    return this.#stream('/events', signal, { 'Last-Event-ID': `${lastSeq}` });
  }

  /** Posts something for which there is no function here; a file goes as it is. */
  post<T>(path: string, body: object): Promise<T> {
    return this.#json(path, body);
  }

  async #json<T>(path: string, body?: object): Promise<T> {
    const signal = AbortSignal.timeout(body instanceof Blob ? UPLOAD_LIMIT_MS : REQUEST_LIMIT_MS);
    const response = await this.#fetch(path, signal, { Accept: 'application/json' }, body);
    return (response.status === 204 ? null : await response.json()) as T;
  }

  /** The events of a stream, after an `open` of our own that says the server has taken it. */
  async *#stream(
    path: string,
    wanted: AbortSignal,
    headers: HeadersInit,
    body?: object,
  ): AsyncGenerator<ServerEvent> {
    const controller = new AbortController();
    const giveUp = () => controller.abort();
    let timer = setTimeout(giveUp, SILENCE_LIMIT_MS);
    wanted.addEventListener('abort', giveUp);
    try {
      const accept = { Accept: 'text/event-stream', ...headers };
      const response = await this.#fetch(path, controller.signal, accept, body);
      yield { event: 'open', data: '{}', id: '' };
      yield* readServerEvents(response.body as ReadableStream<Uint8Array>, () => {
        clearTimeout(timer);
        timer = setTimeout(giveUp, SILENCE_LIMIT_MS);
      });
    } finally {
      clearTimeout(timer);
    }
  }

  async #fetch(
    path: string,
    signal: AbortSignal,
    headers: HeadersInit,
    body?: object,
  ): Promise<Response> {
    const isFile = body instanceof Blob;
    const response = await fetch(this.#base + path, {
      method: body ? 'POST' : 'GET',
      credentials: 'omit',
      cache: 'no-store',
      headers: {
        ...headers,
        ...(this.token && { Authorization: `Bearer ${this.token}` }),
        ...(body && !isFile && { 'Content-Type': 'application/json' }),
      },
      body: isFile ? body : JSON.stringify(body),
      signal,
    });
    if (response.ok) return response;
    const problem = (await response.json().catch(() => null)) as Problem | null;
    const seconds = Number(response.headers.get('Retry-After')) || DEFAULT_WAIT_SECONDS;
    throw new ApiError(response.status, problem?.detail ?? '', seconds);
  }
}
