import { describe, expect, it } from 'vitest';
import { followStream, pauseAfter, type StreamState } from './stream';

const encoder = new TextEncoder();

/** An answer whose body is the given pieces and then ends. */
const body = (...pieces: string[]) =>
  new Response(
    new ReadableStream({
      start(controller) {
        for (const piece of pieces) controller.enqueue(encoder.encode(piece));
        controller.close();
      },
    }),
  );

/** Follows a server that gives these answers, one a connection, and then is done with. */
async function follow(...answers: (Response | Error)[]) {
  const stop = new AbortController();
  const seen = {
    asked: [] as (string | null)[],
    events: [] as string[],
    states: [] as StreamState[],
    pauses: [] as number[],
  };
  let lastId: string | null = null;
  await followStream({
    open: (id) => {
      seen.asked.push(id);
      const answer = answers.shift();
      return answer instanceof Response ? Promise.resolve(answer) : Promise.reject(answer as Error);
    },
    lastId: () => lastId,
    onEvent: ({ event, data, id }) => {
      seen.events.push(`${event} ${data}`);
      if (id) lastId = id;
    },
    onState: (state) => seen.states.push(state),
    pause: (milliseconds) => {
      seen.pauses.push(milliseconds);
      if (answers.length === 0) stop.abort();
      return Promise.resolve();
    },
    signal: stop.signal,
  });
  return seen;
}

describe('followStream', () => {
  it('fetches everything at first, then resumes after the last event', async () => {
    const seen = await follow(
      body('id: 7\nevent: message\ndata: one\n\n'),
      body('id: 8\nevent: message\nda', 'ta: two\n\n'),
    );
    expect(seen.asked).toEqual([null, '7']);
    expect(seen.events).toEqual(['resync {}', 'message one', 'message two']);
  });

  it('waits longer after each failure and starts over after contact', async () => {
    const unreachable = new TypeError('network');
    const seen = await follow(unreachable, unreachable, unreachable, body(': hello\n\n'));
    const [first, second, third, afterContact] = seen.pauses;
    expect(first).toBeLessThanOrEqual(1_000);
    expect(second).toBeGreaterThan(first ?? 0);
    expect(third).toBeGreaterThan(second ?? 0);
    expect(afterContact).toBeLessThanOrEqual(1_000);
  });

  it('says whether it is live', async () => {
    const seen = await follow(body(': hello\n\n'), new TypeError('network'));
    expect(seen.states).toEqual(['connecting', 'live', 'waiting', 'waiting', 'waiting']);
  });

  it('leaves a busy server alone for as long as it asks', async () => {
    const busy = new Response(null, { status: 429, headers: { 'retry-after': '12' } });
    expect((await follow(busy)).pauses).toEqual([12_000]);
  });

  it.each([401, 403])('stops when the server answers %s', async (status) => {
    const seen = await follow(new Response(null, { status }));
    expect([seen.states.at(-1), seen.pauses]).toEqual(['refused', []]);
  });
});

describe('pauseAfter', () => {
  it('never exceeds thirty seconds and differs between browsers', () => {
    expect(pauseAfter(40, 1)).toBe(30_000);
    expect(pauseAfter(3, 0)).toBeLessThan(pauseAfter(3, 1));
  });
});
