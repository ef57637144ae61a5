/**
 * The widget as a picture of itself, for the page where a business styles it: the very same view,
 * over a chat that goes nowhere. Not part of widget.js. A phone's full screen follows the window's
 * width, so show that one in an `iframe`.
 */
import type { WidgetConfig } from '../shared/types.ts';
import type { ChatActions } from './chat.ts';
import { localeFor } from './i18n.ts';
import { EMPTY_CHAT, type ChatState } from './state.ts';
import { mountWidget } from './view/widget.ts';

export interface Preview {
  /** Shows another look or another moment of a chat. */
  show(config: WidgetConfig, state?: ChatState): void;
  remove(): void;
}

/** `frame` is the element to fill; it needs a size of its own. `homeUrl` is the server's address. */
export function mountPreview(frame: HTMLElement, homeUrl: string): Preview {
  const root = frame.attachShadow({ mode: 'open' });
  // Makes `position: fixed` inside mean this element instead of the window.
  frame.style.transform = 'translateZ(0)';
  let remove = () => {};
  return {
    show(config, state = EMPTY_CHAT) {
      remove();
      const tag = config.language === 'auto' ? navigator.language : config.language;
      const chat = new StillChat(state);
      const widget = mountWidget(root, { config, locale: localeFor(tag), chat, homeUrl });
      widget.setOpen(true, false);
      remove = () => void widget.remove();
    },
    remove: () => remove(),
  };
}

/** A chat that stays as it is. */
class StillChat extends EventTarget implements ChatActions {
  constructor(readonly state: ChatState) {
    super();
  }
  ask(): boolean {
    return false;
  }
  post(): Promise<never> {
    return Promise.reject(new Error('a picture'));
  }
  retry(): void {}
  stop(): void {}
  rate(): void {}
  callPerson(): void {}
  forget(): void {}
  setOpen(): void {}
}
