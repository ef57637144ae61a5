import { expect, it } from 'vitest';
import { entriesOf } from './entries.ts';
import * as states from './state.ts';
import { conversation, message } from './testing.ts';

const QUESTION = { clientMessageId: 'q1', text: 'Do you ship?' };
const asked = states.withQuestion(states.EMPTY_CHAT, QUESTION);
const stored = states.withMessage(asked, message(1, 'user', { client_message_id: 'q1' }));
const lines = (state: states.ChatState) =>
  entriesOf(state, 'Welcome').map(({ kind, key, text }) => [kind, key, text].join(' | '));

it('begins with the welcome', () => {
  expect(lines(states.EMPTY_CHAT)).toEqual(['team | welcome | Welcome']);
});

it('keeps the keys of a question and its answer from the first moment to the last', () => {
  const question = (text: string) => `visitor | q1 | ${text}`;
  expect(lines(asked).slice(1)).toEqual([question('Do you ship?'), 'typing | typing | ']);
  expect(lines(stored).slice(1)).toEqual([question('text 1'), 'typing | typing | ']);
  const streaming = states.withExchange(stored, 'q1', { answerText: 'Yes' });
  expect(lines(streaming).slice(1)).toEqual([question('text 1'), 'team | reply:q1 | Yes']);
  const answered = states.withMessage(streaming, message(2, 'ai'));
  expect(lines(answered).slice(1)).toEqual([question('text 1'), 'team | reply:q1 | text 2']);
});

it('gives an answer that nobody here asked for its own key', () => {
  const state = [message(1, 'ai'), message(2, 'user'), message(3, 'ai'), message(4, 'ai')].reduce(
    states.withMessage,
    states.EMPTY_CHAT,
  );
  expect(entriesOf(state, '').map(({ key }) => key)).toEqual([
    'welcome',
    'm1',
    'm2',
    'reply:m2',
    'm4',
  ]);
});

it('shows a stopped answer as far as it got, before and after the rest has arrived', () => {
  const stopped = states.withExchange(stored, 'q1', { phase: 'stopped', answerText: 'Yes, we' });
  const expected = ['visitor | q1 | text 1', 'team | reply:q1 | Yes, we'];
  expect(lines(stopped).slice(1)).toEqual(expected);
  const late = states.withMessage(stopped, message(2, 'ai'));
  expect(lines(late).slice(1)).toEqual(expected);
  const next = [message(3, 'user'), message(4, 'ai')].reduce(states.withMessage, late);
  expect(lines(next).slice(3)).toEqual(['visitor | m3 | text 3', 'team | reply:m3 | text 4']);
});

it('shows no typing while a person has taken over, unless that person types', () => {
  const paused = { ...asked, conversation: conversation({ ai_paused: true }) };
  expect(lines(paused)).toHaveLength(2);
  expect(lines({ ...paused, isAgentTyping: true }).at(-1)).toBe('typing | typing | ');
});

it('shows no typing while the question waits for the network or failed', () => {
  for (const phase of ['retrying', 'limited', 'failed'] as const) {
    expect(lines(states.withExchange(asked, 'q1', { phase }))).toHaveLength(2);
  }
});

it('tells notices, people and the assistant apart', () => {
  const state = [message(1, 'system'), message(2, 'agent'), message(3, 'ai')].reduce(
    states.withMessage,
    states.EMPTY_CHAT,
  );
  expect(entriesOf(state, '').map(({ kind }) => kind)).toEqual(['team', 'notice', 'team', 'team']);
});
