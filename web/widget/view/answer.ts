/** What stands below an answer: where it comes from, and whether it helped. */
import { safeUrl } from '../../shared/markdown.ts';
import type { Answer, Source } from '../../shared/types.ts';
import type { ViewContext } from './context.ts';
import { build, iconButton, linkTo, setAttribute } from './dom.ts';

export interface AnswerFoot {
  update(answer: Answer): void;
}

const MAX_SOURCES = 4;

/** Appends it to the row of the answer. */
export function createAnswerFoot(
  context: ViewContext,
  row: HTMLElement,
  { id, sources }: Answer,
): AnswerFoot {
  const { texts, chat } = context;
  let form: HTMLElement | undefined;
  const up = iconButton('thumb', texts.helpful, () => chat.rate(id, 'up'));
  const down = iconButton('thumb', texts.notHelpful, () => {
    chat.rate(id, 'down');
    form ??= createReasonForm(context, id, down);
    row.append(form);
    form.querySelector('input')?.focus();
  });
  row.append(...createSources(context, sources), build('div', { class: 'thumbs' }, up, down));
  return {
    update({ feedback }) {
      setAttribute(up, 'aria-pressed', String(feedback === 'up'));
      setAttribute(down, 'aria-pressed', String(feedback === 'down'));
      if (feedback === 'up') form?.remove();
    },
  };
}

function createSources({ texts }: ViewContext, sources: Source[]): HTMLElement[] {
  const byTitle = new Map(sources.map((source) => [source.title, source.url]));
  const items = [...byTitle].slice(0, MAX_SOURCES).map(([title, url]) => {
    const href = url && safeUrl(url);
    return build('li', { dir: 'auto' }, href ? build('a', linkTo(href), title) : title);
  });
  if (items.length === 0) return [];
  return [build('ul', { class: 'sources', 'aria-label': texts.sources }, ...items)];
}

function createReasonForm(
  { texts, chat, announce }: ViewContext,
  messageId: string,
  opener: HTMLElement,
): HTMLElement {
  const label = texts.reason;
  const input = build('input', { maxlength: 500, 'aria-label': label, placeholder: label });
  const onsubmit = (event: Event) => {
    event.preventDefault();
    const comment = input.value.trim();
    if (comment) chat.rate(messageId, 'down', comment);
    form.replaceChildren(texts.thanks);
    announce(texts.thanks);
    opener.focus();
  };
  const send = build('button', { type: 'submit' }, texts.send);
  const form = build('form', { class: 'reason', onsubmit }, input, send);
  return form;
}
