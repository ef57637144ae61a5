/** One line above the field about the state of things: the network, a person, the end. */
import type { Texts } from '../i18n.ts';
import type { ChatState } from '../state.ts';
import type { Part, ViewContext } from './context.ts';
import { build } from './dom.ts';

export function createBanner({ texts, chat, announce }: ViewContext): Part {
  const element = build('div', { class: 'banner' });
  let shown: string | undefined;
  return {
    element,
    update() {
      const text = bannerText(chat.state, texts);
      if (text === shown) return;
      shown = text;
      element.textContent = text;
      element.hidden = text === '';
      if (text) announce(text);
    },
  };
}

/** The one thing that matters most to the visitor now, or an empty text. */
function bannerText({ isReconnecting, hasProblem, conversation }: ChatState, texts: Texts): string {
  if (!navigator.onLine) return texts.offline;
  if (isReconnecting) return texts.reconnecting;
  if (hasProblem) return texts.problem;
  if (conversation?.status === 'resolved') return texts.resolved;
  return conversation?.ai_paused || conversation?.status === 'escalated' ? texts.handedOver : '';
}
