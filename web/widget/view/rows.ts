/** The lines of the message list. A line is built once and then changed in place, so focus stays. */
import { renderMarkdown } from '../../shared/markdown.ts';
import type { Entry } from '../entries.ts';
import type { Exchange } from '../state.ts';
import { type AnswerFoot, createAnswerFoot } from './answer.ts';
import type { ViewContext } from './context.ts';
import { build, setAttribute } from './dom.ts';

export interface Row {
  element: HTMLElement;
  update(entry: Entry): void;
}

export function createRow(context: ViewContext, { kind }: Entry): Row {
  if (kind === 'notice') return createNotice();
  if (kind === 'typing') return createTypingRow(context);
  return createBubbleRow(context, kind);
}

function createBubbleRow(context: ViewContext, kind: 'visitor' | 'team'): Row {
  const { texts } = context;
  // Who speaks, for those who do not see on which side the bubble stands.
  const speaker = build('span', { class: 'spoken' });
  const bubble = build('div', { class: 'bubble', dir: 'auto' });
  const element = build('div', { class: `row ${kind}` }, speaker, bubble);
  let foot: AnswerFoot | undefined;
  let delivery: HTMLElement | undefined;
  let shownText: string | undefined;
  let shownDelivery = '';

  function updateDelivery(exchange: Exchange | undefined): void {
    const text = exchange ? deliveryText(context, exchange, kind) : '';
    if (text === shownDelivery) return;
    shownDelivery = text;
    delivery?.remove();
    if (!exchange || !text) return;
    delivery = createDelivery(context, exchange, text);
    element.append(delivery);
  }

  return {
    element,
    update({ text, message, exchange }) {
      const name = message?.sender_type === 'agent' && (message.sender_name ?? texts.team);
      speaker.textContent = name || `${kind === 'visitor' ? texts.you : texts.assistant}: `;
      speaker.className = name ? 'sender' : 'spoken';
      if (text !== shownText) {
        const markdown = message ? text : closeBold(text);
        bubble.replaceChildren(kind === 'visitor' ? text : renderMarkdown(markdown));
        bubble.hidden = text === '';
        shownText = text;
      }
      updateDelivery(exchange);
      if (!message) return;
      setAttribute(element, 'data-id', message.id);
      if (!message.answer) return;
      foot ??= createAnswerFoot(context, element, message.answer);
      foot.update(message.answer);
    },
  };
}

/** An answer that is still being written may end within bold text; its stars should not show. */
function closeBold(text: string): string {
  const start = text.replace(/\*{1,2}$/, '');
  return start.split('**').length % 2 === 0 ? `${start}**` : start;
}

/** What to say below a bubble about its way to the server and back. */
function deliveryText({ texts }: ViewContext, exchange: Exchange, kind: Entry['kind']): string {
  const { phase, problem, waitSeconds } = exchange;
  if (kind === 'team') return phase === 'stopped' ? texts.stopped : '';
  if (phase === 'failed') return problem === null ? texts.resolved : problem || texts.failed;
  if (phase === 'retrying') return texts.reconnecting;
  return phase === 'limited' ? texts.limited.replace('{n}', `${waitSeconds}`) : '';
}

function createDelivery(context: ViewContext, exchange: Exchange, text: string): HTMLElement {
  const { texts, chat, announce, focusField } = context;
  const isFailed = exchange.phase === 'failed';
  const retry = () => {
    chat.retry(exchange);
    focusField();
  };
  if (isFailed) announce(text);
  return build(
    'div',
    { class: `delivery ${exchange.phase}` },
    build('span', { dir: 'auto' }, text),
    isFailed && exchange.problem !== null && build('button', { onclick: retry }, texts.retry),
  );
}

function createNotice(): Row {
  const element = build('div', { class: 'notice', dir: 'auto' });
  return { element, update: ({ text }) => element.replaceChildren(renderMarkdown(text)) };
}

function createTypingRow({ texts }: ViewContext): Row {
  const attributes = { class: 'bubble dots', role: 'img', 'aria-label': texts.writing };
  const bubble = build('div', attributes, build('i'), build('i'), build('i'));
  return { element: build('div', { class: 'row team' }, bubble), update: () => undefined };
}
