/**
 * The widget as a picture of itself, for the page where a business styles it: the very same view,
 * over a chat that goes nowhere. Not part of widget.js.
 */
import type { WidgetConfig } from '../shared/types.ts';
import type { ChatActions } from './chat.ts';
import { localeFor } from './i18n.ts';
import { EMPTY_CHAT, type ChatState } from './state.ts';
import { mountWidget } from './view/widget.ts';

export interface Preview {
  /** Shows another look or another moment of a chat; `isPhone` as a phone would, over the whole frame. */
  show(config: WidgetConfig, state?: ChatState, isPhone?: boolean): void;
  remove(): void;
}

/** `frame` is the element to fill; it needs a size of its own. `homeUrl` is the server's address. */
export function mountPreview(frame: HTMLElement, homeUrl: string): Preview {
  const root = frame.attachShadow({ mode: 'open' });
  // Makes `position: fixed` inside mean this element instead of the window.
  frame.style.transform = 'translateZ(0)';
  let remove = () => {};
  return {
    show(config, state = EMPTY_CHAT, isPhone = false) {
      remove();
      const tag = config.language === 'auto' ? navigator.language : config.language;
      const chat = new StillChat(state);
      const widget = mountWidget(root, { config, locale: localeFor(tag), chat, homeUrl });
      const panel = root.querySelector('dialog');
      // A picture never takes over the page that it stands on.
      if (panel) panel.showModal = () => panel.setAttribute('open', '');
      root.adoptedStyleSheets = [frozen(root.adoptedStyleSheets[0], isPhone)];
      widget.setOpen(true, false);
      remove = () => void widget.remove();
    },
    remove: () => remove(),
  };
}

/** The widget's own rules, with those for phones as if the frame were a phone's window, or not at all. */
function frozen(sheet: CSSStyleSheet | undefined, isPhone: boolean): CSSStyleSheet {
  const rules: string[] = ['* { animation: none !important }'];
  for (const rule of sheet?.cssRules ?? []) {
    const isForPhones = 'media' in rule && rule.cssText.includes('max-width: 480px');
    if (!isForPhones) rules.push(rule.cssText);
    else if (isPhone)
      for (const inner of (rule as CSSMediaRule).cssRules) rules.push(inner.cssText);
  }
  rules.push('.u { --view-top: 0px !important; --view-height: 100% !important; z-index: 1 }');
  rules.push(
    isPhone
      ? '.u.u { inset: 0 } .launcher { display: none }'
      : 'dialog[open] { height: min(600px, calc(var(--frame-height, 700px) - 112px)) }',
  );
  const copy = new CSSStyleSheet();
  copy.replaceSync(rules.join('\n'));
  return copy;
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
