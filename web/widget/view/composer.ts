/** The field to write in, with the button that sends or stops. */
import { activeExchange } from '../state.ts';
import type { Part, ViewContext } from './context.ts';
import { build, setAttribute } from './dom.ts';
import { icon } from './icons.ts';

export interface Composer extends Part {
  focus(): void;
}

export function createComposer({ config, texts, chat }: ViewContext): Composer {
  const label = config.placeholder_text || texts.placeholder;
  const field = build('textarea', {
    rows: 1,
    maxlength: 4000,
    placeholder: label,
    'aria-label': label,
    oninput: onInput,
    onkeydown: onKey,
  });
  const button = build('button', { type: 'submit' });
  const element = build('form', { class: 'composer', onsubmit: onSubmit }, field, button);
  let isStop: boolean | undefined;

  /** The field grows with the text up to the limit in style.css. */
  function onInput(): void {
    // An empty field keeps the side of the panel's own language.
    field.dir = field.value && 'auto';
    field.style.height = 'auto';
    field.style.height = `${field.scrollHeight}px`;
    update();
  }
  function onKey(event: KeyboardEvent): void {
    // Enter also ends the writing of a Chinese, Japanese or Korean word.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  }
  function onSubmit(event: Event): void {
    event.preventDefault();
    if (isStop) chat.stop();
    else send();
    field.focus();
  }
  function send(): void {
    if (!chat.ask(field.value)) return;
    field.value = '';
    onInput();
  }
  function update(): void {
    const isBusy = activeExchange(chat.state) !== undefined;
    button.className = isBusy || field.value.trim() ? 'send ready' : 'send';
    if (isBusy === isStop) return;
    isStop = isBusy;
    setAttribute(button, 'aria-label', isBusy ? texts.stop : texts.send);
    button.replaceChildren(icon(isBusy ? 'stop' : 'send'));
  }

  return { element, update, focus: () => field.focus({ preventScroll: true }) };
}
