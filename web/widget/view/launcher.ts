/** The round button in the corner that opens and closes the panel. */
import { unreadCount } from '../state.ts';
import type { ViewContext } from './context.ts';
import { build, setAttribute } from './dom.ts';
import { icon } from './icons.ts';

export interface Launcher {
  element: HTMLButtonElement;
  update(isOpen: boolean): void;
  focus(): void;
}

export function createLauncher(context: ViewContext, onclick: () => void): Launcher {
  const { config, texts, chat, homeUrl } = context;
  const count = build('span', { class: 'count', 'aria-hidden': true });
  const closedIcon = config.chat_icon_url
    ? build('img', { alt: '', src: new URL(config.chat_icon_url, homeUrl).href })
    : icon('chat');
  const openIcon = icon('close');
  const element = build('button', { class: 'launcher', onclick });
  return {
    element,
    update(isOpen) {
      const unread = unreadCount(chat.state);
      element.replaceChildren(isOpen ? openIcon : closedIcon, count);
      count.hidden = isOpen || !unread;
      count.textContent = `${unread}`;
      setAttribute(element, 'aria-expanded', String(isOpen));
      const label = isOpen ? texts.closeChat : texts.openChat;
      setAttribute(element, 'aria-label', count.hidden ? label : `${label}, ${unread}`);
    },
    focus: () => element.focus(),
  };
}
