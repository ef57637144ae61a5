/**
 * One event stream for all tabs of a browser, which may hold only six connections to a server. The tab that has the
 * lock leads: it reads the stream and tells the others. When it is closed, the lock goes to the next tab, which
 * resumes after the last event that it heard of. Without locks (plain HTTP) each tab reads a stream of its own.
 */
import type { ServerEvent } from '$shared/sse';
import { followStream, type StreamOptions, type StreamState } from './stream';

type Letter =
  | { kind: 'event'; event: ServerEvent }
  | { kind: 'state'; state: StreamState }
  /** A tab that has just opened asks for the state. */
  | { kind: 'hello' }
  | { kind: 'retry' };

export interface SharedStreamOptions {
  /** Tabs with the same name share. One for each signed-in workspace. */
  name: string;
  open: StreamOptions['open'];
  onEvent(event: ServerEvent): void;
  onState(state: StreamState): void;
  pause: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  locks?: LockManager | undefined;
}

export interface SharedStream {
  /** Tries at once instead of waiting. */
  retry(): void;
  close(): void;
}

export function shareStream(options: SharedStreamOptions): SharedStream {
  const closing = new AbortController();
  const channel = new BroadcastChannel(options.name);
  let lastId: string | null = null;
  let ledState: StreamState | null = null;
  let wake: () => void = () => undefined;

  const deliver = (event: ServerEvent) => {
    if (event.id) lastId = event.id;
    options.onEvent(event);
  };
  const tell = (letter: Letter) => {
    if (!closing.signal.aborted) channel.postMessage(letter);
  };

  channel.onmessage = ({ data }: MessageEvent<Letter>) => {
    if (data.kind === 'event') deliver(data.event);
    else if (data.kind === 'state') options.onState(data.state);
    else if (data.kind === 'hello' && ledState) tell({ kind: 'state', state: ledState });
    else if (data.kind === 'retry') wake();
  };

  const lead = () =>
    followStream({
      open: options.open,
      lastId: () => lastId,
      onEvent: (event) => {
        deliver(event);
        tell({ kind: 'event', event });
      },
      onState: (state) => {
        ledState = state;
        options.onState(state);
        tell({ kind: 'state', state });
      },
      pause: (milliseconds, signal) => {
        const woken = new Promise<void>((resolve) => (wake = resolve));
        return Promise.race([options.pause(milliseconds, signal), woken]);
      },
      signal: closing.signal,
    });

  tell({ kind: 'hello' });
  if (options.locks) {
    const wanted = { signal: closing.signal };
    // Rejects only when closed while still waiting for the lock.
    options.locks.request(options.name, wanted, lead).catch(() => undefined);
  } else {
    void lead();
  }

  return {
    retry() {
      wake();
      tell({ kind: 'retry' });
    },
    close() {
      closing.abort();
      channel.close();
    },
  };
}
