/** Nobody is there: when somebody will be, and an address for the answer. */
import type { Part } from '../view/context.ts';
import { build } from '../view/dom.ts';
import type { ExtrasContext } from './main.ts';

export function createContactForm(
  { chat, config, own, announce }: ExtrasContext,
  lang: string,
): Part {
  const { people } = config;
  const label = own.email;
  const input = build('input', {
    type: 'email',
    required: true,
    maxlength: 254,
    autocomplete: 'email',
    'aria-label': label,
    placeholder: label,
  });
  const send = build('button', { type: 'submit' }, own.send);
  const form = build('form', { class: 'reason', onsubmit }, input, send);
  const note = build('p', {}, `${back()} ${own.leaveEmail}`);
  const problem = build('p', { class: 'failed', hidden: true });
  const element = build('div', { class: 'extra contact', hidden: true }, note, form, problem);
  let isKept = false;

  function back(): string {
    if (!people?.opens_at) return own.away;
    const opens = new Date(people.opens_at);
    const isNear = opens.getTime() - Date.now() < 6 * 24 * 3600_000;
    const day = isNear
      ? ({ weekday: 'long' } as const)
      : ({ day: 'numeric', month: 'long' } as const);
    const when = opens.toLocaleString(lang, { ...day, hour: 'numeric', minute: '2-digit' });
    return own.back.replace('{when}', when);
  }

  function onsubmit(event: Event): void {
    event.preventDefault();
    const email = input.value.trim();
    problem.hidden = true;
    chat.post('/contact', { email }).then(
      () => {
        isKept = true;
        const thanks = own.emailKept.replace('{email}', email);
        element.replaceChildren(thanks);
        announce(thanks);
      },
      (error: { detail?: string }) => {
        problem.replaceChildren(build('span', {}, error.detail || own.away));
        problem.hidden = false;
      },
    );
  }

  return {
    element,
    update() {
      const { conversation } = chat.state;
      const isWaiting = conversation?.status === 'escalated' || conversation?.ai_paused;
      element.hidden = !isWaiting || !people || people.is_open || (isKept && !isWaiting);
    },
  };
}
