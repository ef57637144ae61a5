import { expect, it } from 'vitest';
import * as states from './state.ts';
import { answer, conversation, message } from './testing.ts';

const { EMPTY_CHAT } = states;
const QUESTION = { clientMessageId: 'q1', text: 'Do you ship?' };
const STORED_QUESTION = message(1, 'user', { client_message_id: 'q1' });
const asked = states.withQuestion(EMPTY_CHAT, QUESTION);
const seqs = (state: states.ChatState) => state.messages.map(({ seq }) => seq);

/** Every order of the items. */
function permutations<T>(items: T[]): T[][] {
  if (items.length < 2) return [items];
  return items.flatMap((item, index) =>
    permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]),
  );
}

it('keeps the server’s order and no doubles, whichever way messages arrive', () => {
  const all = [STORED_QUESTION, message(2, 'ai'), message(3, 'agent'), message(4, 'user')];
  for (const order of permutations(all)) {
    const state = [...order, ...order].reduce(states.withMessage, asked);
    expect(state.messages).toEqual(all);
    expect(state.exchanges).toEqual([]);
  }
});

it('ends an exchange with its answer, not with an older one', () => {
  const before = states.withMessage(EMPTY_CHAT, message(2, 'ai'));
  const later = states.withQuestion(before, QUESTION);
  const stored = states.withMessage(later, message(3, 'user', { client_message_id: 'q1' }));
  expect(states.activeExchange(stored)?.clientMessageId).toBe('q1');
  const agent = states.withMessage(stored, message(4, 'agent'));
  expect(states.activeExchange(agent)?.clientMessageId).toBe('q1');
  expect(states.activeExchange(states.withMessage(agent, message(5, 'ai')))).toBeUndefined();
});

it('does not take an answer for its own before the question is stored', () => {
  const state = states.withMessage(asked, message(7, 'ai'));
  expect(states.activeExchange(state)).toBeDefined();
});

it('begins a failed exchange anew instead of a second one', () => {
  const failed = states.withExchange(asked, 'q1', { phase: 'failed', problem: 'no' });
  expect(states.activeExchange(failed)).toBeUndefined();
  expect(states.withQuestion(failed, failed.exchanges[0] ?? QUESTION).exchanges).toEqual([
    { ...QUESTION, phase: 'active' },
  ]);
});

it('keeps a stopped exchange, so that the rest of its answer stays away', () => {
  const stored = states.withMessage(asked, STORED_QUESTION);
  const stopped = states.withExchange(stored, 'q1', { phase: 'stopped', answerText: 'Yes, we' });
  const state = states.withMessage(stopped, message(2, 'ai'));
  expect(state.exchanges).toHaveLength(1);
  expect(states.activeExchange(state)).toBeUndefined();
});

it('merges a session of the same conversation and replaces that of another', () => {
  const first = states.withSession(EMPTY_CHAT, conversation(), [message(1, 'user')]);
  const same = states.withSession(first, conversation(), [message(1, 'user'), message(2, 'ai')]);
  expect(seqs(same)).toEqual([1, 2]);
  const other = states.withSession(same, conversation({ id: 'c2' }), [
    message(1, 'ai', { id: 'other' }),
  ]);
  expect(other.messages.map(({ id }) => id)).toEqual(['other']);
});

it('rates one answer and leaves its message in place', () => {
  const rated = message(2, 'ai', { answer: answer() });
  const state = [message(1, 'user'), rated, message(3, 'ai')].reduce(
    states.withMessage,
    EMPTY_CHAT,
  );
  const after = states.withRating(state, 'm2', 'down');
  expect(after.messages[1]?.answer?.feedback).toBe('down');
  expect(after.messages[2]).toBe(state.messages[2]);
});

it('counts what others wrote since the visitor last looked', () => {
  const messages = [message(1, 'user'), message(2, 'ai'), message(3, 'agent'), message(4, 'user')];
  const state = { ...EMPTY_CHAT, messages, seenSeq: 2 };
  expect(states.unreadCount(state)).toBe(1);
  expect(states.lastSeq(state)).toBe(4);
  expect(states.lastSeq(EMPTY_CHAT)).toBe(0);
});

it('knows up to which message none is missing', () => {
  const state = (...numbers: number[]) =>
    numbers.map((seq) => message(seq, 'agent')).reduce(states.withMessage, EMPTY_CHAT);
  expect(states.lastGaplessSeq(EMPTY_CHAT)).toBe(0);
  expect(states.lastGaplessSeq(state(1, 2, 3))).toBe(3);
  expect(states.lastGaplessSeq(state(41, 42, 44, 45, 47))).toBe(42);
});

it('forgets a problem and a typing person with the next message', () => {
  const state = { ...EMPTY_CHAT, hasProblem: true, isAgentTyping: true };
  expect(states.withMessage(state, message(1, 'agent'))).toMatchObject({
    hasProblem: false,
    isAgentTyping: false,
  });
});
