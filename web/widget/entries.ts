/**
 * What the message list shows, line by line, worked out from the chat's state. Pure: the view only
 * has to make the page look like this list.
 */
import type { Message } from '../shared/types.ts';
import { activeExchange, type ChatState, type Exchange, findQuestion } from './state.ts';

export interface Entry {
  kind: 'visitor' | 'team' | 'notice' | 'typing';
  /** Stays the same while a line turns from optimistic to stored, or from streamed to final. */
  key: string;
  text: string;
  message?: Message;
  /** The question on its way, or the answer that was stopped. */
  exchange?: Exchange | undefined;
}

export function entriesOf(state: ChatState, welcome: string): Entry[] {
  const entries: Entry[] = [{ kind: 'team', key: 'welcome', text: welcome }];
  let question: Entry | undefined;
  for (const message of state.messages) {
    const { sender_type: sender, text } = message;
    if (sender === 'user') {
      entries.push((question = visitorEntry(state, message)));
      const { exchange } = question;
      if (exchange?.phase !== 'stopped') continue;
      const { answerText = '' } = exchange;
      entries.push({ kind: 'team', key: replyKey(question.key), text: answerText, exchange });
    } else if (sender !== 'ai') {
      const kind = sender === 'system' ? 'notice' : 'team';
      entries.push({ kind, key: message.id, text, message });
    } else if (question?.exchange?.phase !== 'stopped') {
      // Otherwise it is the rest of an answer that the visitor stopped.
      const key = question ? replyKey(question.key) : message.id;
      entries.push({ kind: 'team', key, text, message });
      question = undefined;
    }
  }
  return [...entries, ...unfinishedEntries(state)];
}

function visitorEntry({ exchanges }: ChatState, message: Message): Entry {
  const key = message.client_message_id ?? message.id;
  const exchange = exchanges.find(({ clientMessageId }) => clientMessageId === key);
  return { kind: 'visitor', key, text: message.text, message, exchange };
}

function replyKey(questionKey: string): string {
  return `reply:${questionKey}`;
}

function unfinishedEntries(state: ChatState): Entry[] {
  const entries: Entry[] = state.exchanges
    .filter(({ clientMessageId }) => !findQuestion(state, clientMessageId))
    .map((exchange) => {
      const { clientMessageId: key, text } = exchange;
      return { kind: 'visitor', key, text, exchange };
    });
  const active = activeExchange(state);
  // Nobody writes while a person has taken over, unless that person is seen typing.
  const isWaiting = active?.phase === 'active' && !state.conversation?.ai_paused;
  if (active?.answerText) {
    entries.push({ kind: 'team', key: replyKey(active.clientMessageId), text: active.answerText });
  } else if (isWaiting || state.isAgentTyping) {
    entries.push({ kind: 'typing', key: 'typing', text: '' });
  }
  return entries;
}
