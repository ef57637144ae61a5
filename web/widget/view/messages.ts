/** The list of messages, and where it is scrolled to. */
import { entriesOf } from '../entries.ts';
import type { Part, ViewContext } from './context.ts';
import { build, setChildren } from './dom.ts';
import { createRow, type Row } from './rows.ts';

export function createMessages(context: ViewContext): Part {
  const { config, texts, chat } = context;
  let rows = new Map<string, Row>();
  const element = build('div', {
    class: 'messages',
    role: 'log',
    // The finished answer is announced once; every token would be noise.
    'aria-live': 'off',
    'aria-label': texts.history,
    tabindex: 0,
  });
  const scroll = followEnd(element);

  return {
    element,
    update() {
      const entries = entriesOf(chat.state, config.welcome_message || texts.welcome);
      const shown = entries.map((entry): [string, Row] => {
        const row = rows.get(entry.key) ?? createRow(context, entry);
        row.update(entry);
        return [entry.key, row];
      });
      rows = new Map(shown);
      const elements = shown.map(([, row]) => row.element);
      setChildren(element, elements);
      const question = entries.findLastIndex(({ kind }) => kind === 'visitor');
      const isAnswerLast = question >= elements.length - 2;
      scroll(entries[question]?.key ?? '', isAnswerLast ? elements[question] : elements.at(-1));
    },
  };
}

/** Nearer than this to the end counts as being at the end. */
const NEAR_END_PX = 40;

/**
 * Keeps the end in view as long as the reader is there, but never pushes the start of what is new
 * (`anchor`) out at the top: a long answer is read from its beginning.
 */
function followEnd(list: HTMLElement): (questionKey: string, anchor?: HTMLElement) => void {
  let isFollowing = true;
  let position = 0;
  let lastKey = '';
  list.addEventListener('scroll', () => {
    const isAtEnd = list.scrollHeight - list.clientHeight - list.scrollTop < NEAR_END_PX;
    // Going up ends it, being back at the end begins it again.
    isFollowing = isAtEnd || (isFollowing && list.scrollTop >= position - 1);
    position = list.scrollTop;
  });
  return (questionKey, anchor) => {
    isFollowing ||= questionKey !== lastKey;
    lastKey = questionKey;
    if (!isFollowing || !anchor) return;
    list.scrollTop = Math.max(list.scrollTop, anchor.offsetTop - 8);
    position = list.scrollTop;
  };
}
