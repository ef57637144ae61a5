/** Messages and conversations for the unit tests. */
import type { Answer, Conversation, Message, SenderType } from '../shared/types.ts';

export function conversation(change: Partial<Conversation> = {}): Conversation {
  return { id: 'c1', status: 'open', ai_paused: false, last_seq: 0, rating: null, ...change };
}

export function message(
  seq: number,
  sender_type: SenderType,
  change: Partial<Message> = {},
): Message {
  return {
    id: `m${seq}`,
    conversation_id: 'c1',
    seq,
    sender_type,
    sender_name: null,
    text: `text ${seq}`,
    created_at: '2026-11-21T09:00:00Z',
    client_message_id: null,
    answer: null,
    attachment: null,
    ...change,
  };
}

export function answer(change: Partial<Answer> = {}): Answer {
  return {
    id: 'm2',
    text: 'text 2',
    confidence: 0.9,
    sources: [],
    suggestion_chips: [],
    gap_detected: false,
    escalation_offered: false,
    matched_qa_ids: [],
    feedback: null,
    actions: [],
    ...change,
  };
}
