/** The last line of the panel: whose software this is, and the way to leave no trace of the chat. */
import type { Part, ViewContext } from './context.ts';
import { build, linkTo } from './dom.ts';

export function createFooter({ config, texts, chat, homeUrl, focusField }: ViewContext): Part {
  const onclick = () => {
    chat.forget();
    focusField();
  };
  const forget = build('button', { onclick }, texts.forget);
  const element = build('footer');
  if (config.powered_by)
    element.append(`${texts.poweredBy} `, build('a', linkTo(homeUrl), 'Rapport'));
  element.append(forget);
  return {
    element,
    update() {
      forget.hidden = chat.state.messages.length === 0;
    },
  };
}
