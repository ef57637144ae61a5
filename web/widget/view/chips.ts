/** The row of suggestions: ready questions, a meeting, a person. */
import type { WidgetConfig } from '../../shared/types.ts';
import { activeExchange, type ChatState } from '../state.ts';
import { bookingUrl, type Part, type ViewContext } from './context.ts';
import { build, linkTo } from './dom.ts';

export interface Suggestions {
  questions?: readonly string[];
  /** A booking page to offer. */
  booking?: string | null;
  offersPerson?: boolean;
}

/** What fits the moment: the channel's own questions at the start, later those of the last answer. */
export function suggestionsFor(state: ChatState, config: WidgetConfig): Suggestions {
  const last = state.messages.at(-1);
  if (activeExchange(state) || state.conversation?.ai_paused) return {};
  if (!last && state.exchanges.length === 0) {
    return { questions: config.suggested_messages, booking: bookingUrl(config.booking_url) };
  }
  const answer = last?.answer;
  if (!answer) return {};
  const offer = answer.actions.find((action) => action.kind === 'offer_booking');
  return {
    questions: answer.suggestion_chips.slice(0, config.max_suggestion_chips),
    booking: bookingUrl(offer?.url),
    offersPerson: config.escalation_enabled && answer.escalation_offered,
  };
}

export function createChips({ config, texts, chat, focusField }: ViewContext): Part {
  const element = build('div', { class: 'chips', role: 'group', 'aria-label': texts.suggestions });
  let shown = '';

  function chip(label: string, action: () => void): HTMLElement {
    const onclick = () => {
      action();
      focusField();
    };
    return build('button', { class: 'chip', dir: 'auto', onclick }, label);
  }

  return {
    element,
    update() {
      const suggestions = suggestionsFor(chat.state, config);
      const { questions = [], booking, offersPerson } = suggestions;
      if (JSON.stringify(suggestions) === shown) return;
      shown = JSON.stringify(suggestions);
      const chips = questions.map((question) => chip(question, () => chat.ask(question)));
      if (booking) chips.push(build('a', { class: 'chip', ...linkTo(booking) }, texts.book));
      // What the answer has just offered must not be looked for.
      if (offersPerson) chips.unshift(chip(texts.person, () => chat.callPerson()));
      element.replaceChildren(...chips);
      element.hidden = chips.length === 0;
    },
  };
}
