/**
 * The whole widget as one piece of DOM inside a shadow root: launcher and panel, what is open, where
 * the focus goes. The customer's page (`main.ts`) and the dashboard's designer (`preview.ts`) mount
 * this same code, so the preview cannot drift.
 */
import { plainText } from '../../shared/markdown.ts';
import type { Message, WidgetConfig } from '../../shared/types.ts';
import type { ChatActions } from '../chat.ts';
import type { Locale } from '../i18n.ts';
import css from '../style.css?inline';
import { createBanner } from './banner.ts';
import { createChips } from './chips.ts';
import { createComposer } from './composer.ts';
import type { ViewContext } from './context.ts';
import { build } from './dom.ts';
import { createFooter } from './footer.ts';
import { createHeader } from './header.ts';
import { createLauncher } from './launcher.ts';
import { createMessages } from './messages.ts';
import { needsExtras, type Extras } from './extras.ts';
import { applyColors } from './theme.ts';

export interface WidgetOptions {
  config: WidgetConfig;
  locale: Locale;
  chat: ChatActions;
  /** Where the Rapport server is; relative addresses in the config start there. */
  homeUrl: string;
}

export interface Widget {
  /** `takesFocus` is false when it is not the visitor who opens the panel. */
  setOpen(isOpen: boolean, takesFocus?: boolean): void;
  /** Takes the widget off the page, the chat lives on; tells whether the panel was open. */
  remove(): boolean;
}

export function mountWidget(root: ShadowRoot, options: WidgetOptions): Widget {
  const { config, locale, chat, homeUrl } = options;
  const { texts, lang, direction: dir } = locale;
  const { display_name: name, bubble_position: position } = config;
  const mounted = new AbortController();
  const { signal } = mounted;
  const status = build('div', { class: 'spoken', role: 'status' });
  const context: ViewContext = {
    config,
    texts,
    chat,
    homeUrl,
    announce: (text) => status.replaceChildren(text),
    focusField,
    close: () => setOpen(false),
  };
  const composer = createComposer(context);
  const launcher = createLauncher(context, () => setOpen(!panel.open));
  const parts = [
    createHeader(context),
    createMessages(context),
    createBanner(context),
    createChips(context),
    composer,
    createFooter(context),
  ];
  const elements = parts.map(({ element }) => element);
  const panel = build('dialog', { 'aria-label': name, tabindex: -1, onkeydown }, ...elements);
  const frame = build(
    'section',
    { class: `u ${position}`, 'aria-label': name, lang, dir },
    panel,
    status,
    launcher.element,
  );

  let isWaiting = false;
  let extras: Extras | undefined;
  let areExtrasWanted = false;

  function setOpen(isOpen: boolean, takesFocus = true): void {
    if (isOpen === panel.open) return;
    // Over the whole screen of a phone the page behind is out of reach, for the keyboard too.
    if (!isOpen) panel.close();
    else if (matchMedia('(max-width: 480px)').matches) panel.showModal();
    else panel.setAttribute('open', '');
    chat.setOpen(isOpen);
    update();
    if (takesFocus) (isOpen ? focusField : launcher.focus)();
  }

  function focusField(): void {
    // On a touch screen the field would bring up the keyboard over what there is to read.
    if (matchMedia('(pointer: coarse)').matches) panel.focus();
    else composer.focus();
  }

  function onkeydown(event: KeyboardEvent): void {
    // The page's own shortcuts are not for what is typed here.
    event.stopPropagation();
    if (event.key === 'Escape') setOpen(false);
  }

  function update(): void {
    isWaiting = false;
    launcher.update(panel.open);
    // From below: what stands under the messages decides how much of them is in view.
    for (const part of parts.toReversed()) part.update();
    extras?.update();
    if (areExtrasWanted || !panel.open || !needsExtras(config, chat.state)) return;
    areExtrasWanted = true;
    // Not part of this file: most visits need none of it.
    void import(/* @vite-ignore */ new URL('widget-extras.js', homeUrl).href).then(
      ({ createExtras }) => {
        extras = createExtras(context, panel);
        update();
      },
      console.warn,
    );
  }

  const updateSoon = () => {
    // Many pieces of an answer may come within one frame.
    if (!isWaiting) requestAnimationFrame(update);
    isWaiting = true;
  };
  const announce = (event: Event) => {
    const { sender_type, sender_name, text } = (event as CustomEvent<Message>).detail;
    const speaker = sender_name ?? (sender_type === 'agent' ? texts.team : texts.assistant);
    if (panel.open) context.announce(`${speaker}: ${plainText(text)}`);
  };
  chat.addEventListener('change', updateSoon, { signal });
  chat.addEventListener('message', announce, { signal });
  applyColors(frame, config, signal);
  fitToKeyboard(frame, signal);
  root.adoptedStyleSheets = [styleSheet()];
  root.append(frame);
  update();

  return {
    setOpen,
    remove() {
      mounted.abort();
      frame.remove();
      return panel.open;
    },
  };
}

/** Constructed, not a `style` element: a page's `style-src` does not reach it. */
function styleSheet(): CSSStyleSheet {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  return sheet;
}

/** The full-screen panel must end above the on-screen keyboard. */
function fitToKeyboard({ style }: HTMLElement, signal: AbortSignal): void {
  const view = window.visualViewport;
  const fit = () => {
    style.setProperty('--view-top', `${view?.offsetTop}px`);
    style.setProperty('--view-height', `${view?.height}px`);
  };
  fit();
  view?.addEventListener('resize', fit, { signal });
  view?.addEventListener('scroll', fit, { signal });
}
