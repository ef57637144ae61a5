/** `window.Rapport`: what a page's own scripts may do with the widget. */
import type { Message } from '../shared/types.ts';
import type { Chat } from './chat.ts';
import { type Locale, localeFor } from './i18n.ts';
import { mountWidget, type WidgetOptions } from './view/widget.ts';

/** What a page can listen to, and what its listener is given. */
export interface PageEvents {
  open: undefined;
  close: undefined;
  /** A message that the assistant or a person has just written. */
  message: Message;
}

export interface PageApi {
  open(): void;
  close(): void;
  /** Opens the panel and asks; false when another question is still under way. */
  ask(text: string): boolean;
  /** Tells who the visitor is, by a token that the business's server has signed. */
  identify(identityToken: string): void;
  setLanguage(language: string): void;
  /** Returns a function that ends the listening. */
  on<K extends keyof PageEvents>(event: K, listener: (detail: PageEvents[K]) => void): () => void;
}

export function createPageApi(
  root: ShadowRoot,
  chat: Chat,
  locale: Locale,
  options: Pick<WidgetOptions, 'config' | 'homeUrl'>,
): PageApi {
  const mount = (language: Locale) => mountWidget(root, { ...options, chat, locale: language });
  const wasOpen = chat.resume();
  let widget = mount(locale);
  // A full-screen panel would hide the page that the visitor has just asked for.
  if (wasOpen && innerWidth > 480) widget.setOpen(true, false);

  return {
    open: () => widget.setOpen(true),
    close: () => widget.setOpen(false),
    ask(text) {
      widget.setOpen(true);
      return chat.ask(text);
    },
    identify: (identityToken) => chat.identify(identityToken),
    setLanguage(language) {
      const isOpen = widget.remove();
      widget = mount(localeFor(language));
      widget.setOpen(isOpen, false);
    },
    on(name, listener) {
      const handler = (event: Event) => listener((event as CustomEvent).detail);
      chat.addEventListener(name, handler);
      return () => chat.removeEventListener(name, handler);
    },
  };
}
