import { expect, it } from 'vitest';
import type { Answer, WidgetConfig } from '../../shared/types.ts';
import { EMPTY_CHAT, withMessage, withQuestion } from '../state.ts';
import { answer, conversation, message } from '../testing.ts';
import { suggestionsFor } from './chips.ts';

const CONFIG = {
  suggested_messages: ['1', '2', '3'],
  booking_url: 'https://cal.example',
  escalation_enabled: true,
  max_suggestion_chips: 2,
} as WidgetConfig;

const answered = (change: Partial<Answer>) =>
  withMessage(EMPTY_CHAT, message(2, 'ai', { answer: answer(change) }));

it('offers the channel’s own questions until the visitor writes', () => {
  const { questions, booking } = suggestionsFor(EMPTY_CHAT, CONFIG);
  expect(questions).toEqual(['1', '2', '3']);
  expect(booking).toBe('https://cal.example');
  const asked = withQuestion(EMPTY_CHAT, { clientMessageId: 'q', text: 'Hi' });
  expect(suggestionsFor(asked, CONFIG)).toEqual({});
});

it('offers what the last answer brings, within the channel’s limit', () => {
  const state = answered({ suggestion_chips: ['a', 'b', 'c'], escalation_offered: true });
  expect(suggestionsFor(state, CONFIG)).toEqual({
    questions: ['a', 'b'],
    booking: null,
    offersPerson: true,
  });
  const noPerson = { ...CONFIG, escalation_enabled: false };
  expect(suggestionsFor(state, noPerson).offersPerson).toBe(false);
});

it('offers a meeting over https only', () => {
  const offer = (url: string) =>
    suggestionsFor(answered({ actions: [{ kind: 'offer_booking', url }] }), CONFIG).booking;
  expect(offer('https://cal.example/a')).toBe('https://cal.example/a');
  expect(offer('http://cal.example/a')).toBeNull();
  expect(offer('javascript:alert(1)')).toBeNull();
});

it('offers nothing while a person has taken over', () => {
  const paused = conversation({ ai_paused: true });
  const state = { ...answered({ suggestion_chips: ['a'] }), conversation: paused };
  expect(suggestionsFor(state, CONFIG)).toEqual({});
});
