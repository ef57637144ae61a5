import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ServerEvent } from '../shared/sse.ts';
import { ApiError } from './api.ts';
import { type ExchangeContext, runExchange } from './exchange.ts';
import { answer, conversation, message } from './testing.ts';

const event = (name: string, data: object): ServerEvent => ({
  event: name,
  data: JSON.stringify(data),
  id: '',
});
const STORED = event('message', { message: message(1, 'user'), conversation: conversation() });
const ANSWER = event('answer', {
  answer: answer(),
  message: message(2, 'ai', { answer: answer() }),
  conversation: conversation({ last_seq: 2 }),
});

/** Each try plays the next script: events, and at last an error if there is one. */
function play(...scripts: (ServerEvent | Error)[][]) {
  const log: string[] = [];
  const controller = new AbortController();
  let tries = 0;
  const context: ExchangeContext = {
    openSession: () => Promise.resolve(),
    dropSession: () => log.push('drop session'),
    async *post() {
      for (const step of scripts[tries++] ?? []) {
        if (step instanceof Error) throw step;
        yield step;
      }
    },
    onStored: ({ id }, stored) => log.push(`stored ${id} of ${stored?.last_seq}`),
    change: (change) => log.push(Object.values(change).join(' ')),
    end: () => log.push('end'),
  };
  const done = runExchange(context, controller.signal);
  return { log, done, controller, tries: () => tries };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it('follows an answer to its end', async () => {
  const deltas = [event('delta', { text: 'Yes, ' }), event('delta', { text: 'we do' })];
  const { log, done } = play([STORED, ...deltas, ANSWER]);
  await done;
  expect(log).toEqual([
    'stored m1 of 0',
    'active',
    'active Yes, ',
    'active Yes, we do',
    'stored m2 of 2',
    'end',
  ]);
});

it('starts the text again when the server replaces it, and on a second try', async () => {
  const { log, done } = play(
    [STORED, event('delta', { text: 'Wrong' }), event('delta', { text: 'Right', replace: true })],
    [STORED, event('delta', { text: 'New' }), ANSWER],
  );
  await vi.runAllTimersAsync();
  await done;
  expect(log.filter((line) => /Wrong|Right|New|retrying/.test(line))).toEqual([
    'active Wrong',
    'active Right',
    'retrying',
    'active New',
  ]);
});

it('ends without an answer when a person has taken over', async () => {
  const paused = conversation({ ai_paused: true });
  const { log, done } = play([
    event('message', { message: message(1, 'user'), conversation: paused }),
  ]);
  await done;
  expect(log.at(-1)).toBe('end');
});

it('tries again what may pass, and gives up in the end', async () => {
  for (const error of [new TypeError('network'), new ApiError(503, 'Down')]) {
    const { log, done, tries } = play(...Array.from({ length: 9 }, () => [error]));
    await vi.runAllTimersAsync();
    await done;
    expect(tries()).toBe(5);
    expect(log.at(-1)).toBe(error instanceof ApiError ? 'failed Down' : 'failed ');
  }
});

it('leaves it to the visitor where trying again cannot help', async () => {
  const cases = [
    [new ApiError(422, 'Too long.')],
    [new ApiError(429, 'Too long.', 3600)],
    [event('error', { status: 503, detail: 'Too long.' })],
  ];
  for (const script of cases) {
    const { log, done, tries } = play(script);
    await done;
    expect(tries()).toBe(1);
    expect(log).toEqual(['failed Too long.']);
  }
});

it('counts down the seconds that the server asks for', async () => {
  const { log, done } = play([new ApiError(429, '', 3)], [STORED, ANSWER]);
  await vi.advanceTimersByTimeAsync(2_999);
  expect(log).toEqual(['limited 3', 'limited 2', 'limited 1']);
  await vi.runAllTimersAsync();
  await done;
  expect(log.at(-1)).toBe('end');
});

it('opens a new session when the old one is no longer known', async () => {
  const { log, done } = play([new ApiError(401, '')], [STORED, ANSWER]);
  await done;
  expect(log[0]).toBe('drop session');
  expect(log.at(-1)).toBe('end');
});

it('waits for the network as long as there is none', async () => {
  const online = vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false);
  const { log, done, tries } = play([new TypeError('network')], [STORED, ANSWER]);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(tries()).toBe(1);
  online.mockReturnValue(true);
  dispatchEvent(new Event('online'));
  await done;
  expect(log.at(-1)).toBe('end');
});

it('says nothing more once it is stopped', async () => {
  const { log, done, controller } = play([new TypeError('network')], [STORED, ANSWER]);
  await vi.advanceTimersByTimeAsync(0);
  controller.abort();
  await done;
  expect(log).toEqual(['retrying']);
});
