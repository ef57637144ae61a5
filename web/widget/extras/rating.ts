/** When a conversation is over: five steps from bad to good, and room for a word. */
import type { Part } from '../view/context.ts';
import { build, setAttribute } from '../view/dom.ts';
import { icon } from '../view/icons.ts';
import type { ExtrasContext } from './main.ts';

const STAR =
  'M12 3.500l2.600 5.400 5.900 .8-4.300 4.100 1 5.900-5.200-2.800-5.200 2.800 1-5.900-4.300-4.100 5.900-.8z';

export function createRating({ chat, config, own, announce }: ExtrasContext): Part {
  const title = build('p', {}, own.rate);
  const buttons = own.stars.map((label, index) => {
    const onclick = () => choose(index + 1);
    const star = icon('chat');
    star.firstElementChild?.setAttribute('d', STAR);
    return build('button', { class: 'star', 'aria-label': label, title: label, onclick }, star);
  });
  const stars = build('div', { class: 'stars', role: 'group', 'aria-label': own.rate }, ...buttons);
  const label = own.why;
  const input = build('input', { maxlength: 1000, 'aria-label': label, placeholder: label });
  const form = build('form', { class: 'reason', hidden: true, onsubmit }, input);
  form.append(build('button', { type: 'submit' }, own.send));
  const element = build('div', { class: 'extra rating', hidden: true }, title, stars, form);
  let rated = '';
  let value = 0;
  let isThanked = false;

  function choose(chosen: number): void {
    value = chosen;
    rated = chat.state.conversation?.id ?? '';
    mark();
    form.hidden = false;
    announce(`${own.stars[chosen - 1]}`);
    save({ rating: chosen });
    input.focus();
  }

  function onsubmit(event: Event): void {
    event.preventDefault();
    const comment = input.value.trim();
    if (comment) save({ rating: value, comment });
    isThanked = true;
    element.replaceChildren(own.thanks);
    announce(own.thanks);
  }

  function save(body: object): void {
    chat.post('/rating', body).catch(() => {
      value = 0;
      mark();
    });
  }

  function mark(): void {
    buttons.forEach((button, index) => {
      setAttribute(button, 'aria-pressed', String(index + 1 === value));
      button.classList.toggle('lit', index < value);
    });
  }

  return {
    element,
    update() {
      const { conversation } = chat.state;
      const isOver = conversation?.status === 'resolved' && config.ask_rating;
      const isOurs = conversation?.id === rated;
      const isAsked = isOver && (isOurs || conversation.rating === null);
      if (!isOver && isThanked) {
        // The conversation went on; the next end may be told about anew.
        element.replaceChildren(title, stars, form);
        isThanked = false;
        form.hidden = true;
        input.value = '';
      }
      element.hidden = !isAsked;
    },
  };
}
