import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { shareStream, type SharedStream } from './shared-stream';

/** Hands letters to every other channel of the same name, in order and at once. */
class TestChannel {
  static open: TestChannel[] = [];
  onmessage: ((event: { data: unknown }) => void) | null = null;
  readonly name: string;
  constructor(name: string) {
    this.name = name;
    TestChannel.open.push(this);
  }
  postMessage(data: unknown): void {
    for (const other of TestChannel.open) {
      if (other !== this && other.name === this.name) other.onmessage?.({ data });
    }
  }
  close(): void {
    TestChannel.open = TestChannel.open.filter((channel) => channel !== this);
  }
}

/** One lock, given in the order of asking, as the browser does. */
class TestLocks {
  #last: Promise<unknown> = Promise.resolve();
  request(_: string, { signal }: { signal: AbortSignal }, run: () => Promise<void>) {
    const mine = this.#last.then(() => (signal.aborted ? undefined : run()));
    this.#last = mine;
    return mine;
  }
}

/** A server that keeps every connection open and tells what it was asked. */
class TestServer {
  readonly asked: (string | null)[] = [];
  #controllers: ReadableStreamDefaultController<Uint8Array>[] = [];
  readonly open = (lastId: string | null, signal: AbortSignal) => {
    this.asked.push(lastId);
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controllers.push(controller);
        signal.addEventListener('abort', () => {
          this.#controllers = this.#controllers.filter((open) => open !== controller);
          controller.error(signal.reason);
        });
      },
    });
    return Promise.resolve(new Response(body));
  };
  send(id: number): void {
    const text = `id: ${String(id)}\ndata: ${String(id)}\n\n`;
    for (const controller of this.#controllers) controller.enqueue(new TextEncoder().encode(text));
  }
}

describe('shareStream', () => {
  let server: TestServer;
  let locks: TestLocks;
  const tabs: SharedStream[] = [];

  beforeEach(() => {
    vi.stubGlobal('BroadcastChannel', TestChannel);
    server = new TestServer();
    locks = new TestLocks();
  });
  afterEach(() => {
    for (const tab of tabs.splice(0)) tab.close();
    vi.unstubAllGlobals();
  });

  const openTab = (options: { hasLocks?: boolean } = {}) => {
    const heard: string[] = [];
    const states: string[] = [];
    const stream = shareStream({
      name: 'live',
      open: server.open,
      onEvent: ({ event, data }) => heard.push(event === 'resync' ? 'resync' : data),
      onState: (state) => states.push(state),
      pause: () => new Promise(() => undefined),
      locks: options.hasLocks === false ? undefined : (locks as unknown as LockManager),
    });
    tabs.push(stream);
    return { stream, heard, states };
  };

  it('reads one stream and tells every tab', async () => {
    const [first, second] = [openTab(), openTab()];
    await vi.waitFor(() => {
      expect(second.heard).toEqual(['resync']);
    });
    server.send(1);
    await vi.waitFor(() => {
      expect(second.heard).toEqual(['resync', '1']);
    });
    expect(first.heard).toEqual(['resync', '1']);
    expect(server.asked).toEqual([null]);
  });

  it('goes on in the next tab, after the last event that this tab heard of', async () => {
    const first = openTab();
    const second = openTab();
    await vi.waitFor(() => {
      expect(first.states).toContain('live');
    });
    server.send(41);
    await vi.waitFor(() => {
      expect(second.heard).toContain('41');
    });
    first.stream.close();
    await vi.waitFor(() => {
      expect(server.asked).toEqual([null, '41']);
    });
    server.send(42);
    await vi.waitFor(() => {
      expect(second.heard).toEqual(['resync', '41', '42']);
    });
    expect(first.heard).not.toContain('42');
  });

  it('tells a tab that opens later how the stream stands', async () => {
    const first = openTab();
    await vi.waitFor(() => {
      expect(first.states).toContain('live');
    });
    expect(openTab().states).toEqual(['live']);
  });

  it('reads a stream in each tab where the browser has no locks', async () => {
    const [first, second] = [openTab({ hasLocks: false }), openTab({ hasLocks: false })];
    await vi.waitFor(() => {
      expect([first.states.at(-1), second.states.at(-1)]).toEqual(['live', 'live']);
    });
    expect(server.asked).toEqual([null, null]);
  });
});
