/**
 * What the widget keeps in the visitor's browser, and only once the visitor has written something.
 * A browser that refuses storage simply gets a chat that ends with the page.
 */
import type { Conversation, Message } from '../shared/types.ts';
import type { Question } from './state.ts';

export interface SavedChat {
  token: string;
  conversation: Conversation | null;
  messages: readonly Message[];
  /** A question without an answer yet; it is sent again, under the same id, on the next page. */
  unanswered: Question | undefined;
  seenSeq: number;
  isOpen: boolean;
}

const MAX_MESSAGES = 60;

export function loadChat(key: string): SavedChat | null {
  try {
    return JSON.parse(localStorage.getItem(key) ?? 'null') as SavedChat | null;
  } catch {
    return null;
  }
}

/** Null takes it away. */
export function saveChat(key: string, chat: SavedChat | null): void {
  try {
    if (!chat) return localStorage.removeItem(key);
    const short = { ...chat, messages: chat.messages.slice(-MAX_MESSAGES) };
    localStorage.setItem(key, JSON.stringify(short));
  } catch {
    // Full or forbidden: the chat goes on, it only will not survive the page.
  }
}
