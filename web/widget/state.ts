/**
 * The state of one chat and what can happen to it, as pure functions from state to state. No DOM, no
 * network, no clock: `chat.ts` calls them with what happened, the view draws what comes out.
 *
 * Stored messages are kept in the server's order with no doubles, whichever way they arrive (own
 * answer stream, live feed, another tab, a reload). A question that the visitor has asked is an
 * `Exchange` until its answer is stored.
 */
import type { Conversation, Feedback, Message } from '../shared/types.ts';

/**
 * active: on its way, or being answered. retrying: the connection broke, it will be tried again.
 * limited: the server asked to wait. failed: only the visitor can try again. stopped: the visitor
 * does not want the rest of the answer.
 */
export type Phase = 'active' | 'retrying' | 'limited' | 'failed' | 'stopped';

export interface Question {
  /** Chosen here; the server stores nothing twice under the same id. */
  clientMessageId: string;
  text: string;
  /** The id of a file that was uploaded for it. */
  file?: string | undefined;
}

export interface Exchange extends Question {
  phase: Phase;
  /** The answer as far as it is written. */
  answerText?: string;
  /** What the server said when it failed. Null: nothing can be sent here, however often it is tried. */
  problem?: string | null;
  /** How long until a limited exchange is sent again. */
  waitSeconds?: number;
}

export interface ChatState {
  conversation: Conversation | null;
  messages: readonly Message[];
  exchanges: readonly Exchange[];
  /** The live feed is broken and being opened again. */
  isReconnecting: boolean;
  isAgentTyping: boolean;
  /** Something beside a question did not work; gone with the next thing that does. */
  hasProblem: boolean;
  /** The last message that was on screen. */
  seenSeq: number;
}

export const EMPTY_CHAT: ChatState = {
  conversation: null,
  messages: [],
  exchanges: [],
  isReconnecting: false,
  isAgentTyping: false,
  hasProblem: false,
  seenSeq: 0,
};

/** Adds or refreshes one message, and ends the exchanges that it answers. */
export function withMessage(state: ChatState, message: Message): ChatState {
  const others = state.messages.filter(({ id }) => id !== message.id);
  const messages = [...others, message].sort((a, b) => a.seq - b.seq);
  if (message.sender_type === 'user') return { ...state, messages, hasProblem: false };
  const exchanges = state.exchanges.filter(({ clientMessageId, phase }) => {
    const question = findQuestion({ messages }, clientMessageId);
    const isOlder = question && question.seq < message.seq;
    return message.sender_type !== 'ai' || phase === 'stopped' || !isOlder;
  });
  return { ...state, messages, exchanges, isAgentTyping: false, hasProblem: false };
}

/** Takes over what the server knows; messages of another conversation go. */
export function withSession(
  state: ChatState,
  conversation: Conversation,
  messages: readonly Message[],
): ChatState {
  const isSame = state.conversation?.id === conversation.id;
  return messages.reduce(withMessage, {
    ...state,
    conversation,
    messages: isSame ? state.messages : [],
  });
}

/** Begins an exchange, or begins the failed one of the same id again. */
export function withQuestion(
  state: ChatState,
  { clientMessageId, text, file }: Question,
): ChatState {
  const { exchanges } = withoutExchange(state, clientMessageId);
  const exchange: Exchange = { clientMessageId, text, file, phase: 'active' };
  return { ...state, exchanges: [...exchanges, exchange], hasProblem: false };
}

export function withExchange(
  state: ChatState,
  clientMessageId: string,
  change: Partial<Exchange>,
): ChatState {
  const exchanges = state.exchanges.map((exchange) =>
    exchange.clientMessageId === clientMessageId ? { ...exchange, ...change } : exchange,
  );
  return { ...state, exchanges };
}

export function withoutExchange(state: ChatState, clientMessageId: string): ChatState {
  const exchanges = state.exchanges.filter((one) => one.clientMessageId !== clientMessageId);
  return { ...state, exchanges };
}

export function withRating(state: ChatState, messageId: string, feedback: Feedback): ChatState {
  const messages = state.messages.map((message) =>
    message.id === messageId && message.answer
      ? { ...message, answer: { ...message.answer, feedback } }
      : message,
  );
  return { ...state, messages };
}

/** The question that is under way; there is at most one. */
export function activeExchange(state: ChatState): Exchange | undefined {
  return state.exchanges.find(({ phase }) => phase !== 'failed' && phase !== 'stopped');
}

/** The visitor's own message once the server has stored it. */
export function findQuestion(
  { messages }: Pick<ChatState, 'messages'>,
  clientMessageId: string,
): Message | undefined {
  return messages.find((message) => message.client_message_id === clientMessageId);
}

export function lastSeq(state: ChatState): number {
  return state.messages.at(-1)?.seq ?? 0;
}

/**
 * The last message up to which none is missing. An own message may be stored, and known here, while
 * one that a person wrote just before it is still to come.
 */
export function lastGaplessSeq({ messages }: ChatState): number {
  const gap = messages.findIndex(({ seq }, index) => messages[index + 1]?.seq !== seq + 1);
  return messages[gap]?.seq ?? 0;
}

/** How many messages from the other side came while nobody looked. */
export function unreadCount({ messages, seenSeq }: ChatState): number {
  return messages.filter(({ seq, sender_type }) => seq > seenSeq && sender_type !== 'user').length;
}
