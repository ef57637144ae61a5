/**
 * Holds one event stream open for as long as it is wanted: connects, resumes after the last event seen, waits longer
 * after each failure, and gives up on a connection that has gone silent. It does not know what events mean.
 */
import { readServerEvents, type ServerEvent } from '$shared/sse';

/** `waiting`: the connection failed and the next try is due later. */
export type StreamState = 'connecting' | 'live' | 'waiting' | 'refused';

export interface StreamOptions {
  open(lastId: string | null, signal: AbortSignal): Promise<Response>;
  /** The id to resume after; asked again before each try, for other tabs may have moved on. */
  lastId(): string | null;
  onEvent(event: ServerEvent): void;
  onState(state: StreamState): void;
  /** Waits this long, or less when there is reason to try at once. */
  pause(milliseconds: number, signal: AbortSignal): Promise<void>;
  signal: AbortSignal;
}

/** Sent in place of the events that cannot be had: everything shown has to be fetched again. */
export const RESYNC: ServerEvent = { event: 'resync', data: '{}', id: '' };

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
/** The server sends a comment every 15 s; after three missed ones nobody is there. */
const SILENCE_MS = 45_000;

/** Runs until the signal ends it or the server refuses this user. */
export async function followStream(options: StreamOptions): Promise<void> {
  let failures = 0;
  const onContact = () => {
    failures = 0;
  };
  while (!options.signal.aborted) {
    options.onState(failures === 0 ? 'connecting' : 'waiting');
    const retryAfter = await readUntilItEnds(options, onContact);
    if (options.signal.aborted) return;
    if (retryAfter === 'never') {
      options.onState('refused');
      return;
    }
    failures += 1;
    options.onState('waiting');
    await options.pause(Math.max(retryAfter, pauseAfter(failures)), options.signal);
  }
}

/** Grows from one second to thirty, and differs between browsers so that they do not all come at once. */
export function pauseAfter(failures: number, chance = Math.random()): number {
  const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1));
  return longest * (0.7 + 0.3 * chance);
}

/** One connection. Returns how long the server asked to be left alone, in milliseconds. */
async function readUntilItEnds(
  options: StreamOptions,
  onContact: () => void,
): Promise<number | 'never'> {
  const silence = new Watchdog(SILENCE_MS);
  const signal = AbortSignal.any([options.signal, silence.signal]);
  try {
    const lastId = options.lastId();
    const response = await options.open(lastId, signal);
    if (response.status === 401 || response.status === 403) return 'never';
    if (!response.ok || !response.body) return retryAfter(response);
    options.onState('live');
    if (lastId === null) options.onEvent(RESYNC);
    const onActivity = () => {
      silence.postpone();
      onContact();
    };
    for await (const event of readServerEvents(response.body, onActivity)) options.onEvent(event);
  } catch {
    // Cut off, silent or unreachable: all the same to us, try again.
  } finally {
    silence.stop();
  }
  return 0;
}

function retryAfter(response: Response): number {
  const seconds = Number(response.headers.get('retry-after'));
  return Number.isFinite(seconds) ? seconds * 1_000 : 0;
}

class Watchdog {
  readonly #controller = new AbortController();
  readonly #milliseconds: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
    this.postpone();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  postpone(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#controller.abort();
    }, this.#milliseconds);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
