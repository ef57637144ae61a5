/** The top of the panel: who one talks to, a meeting, a person, close. */
import { bookingUrl, type Part, type ViewContext } from './context.ts';
import { build, iconButton, linkTo, named } from './dom.ts';
import { icon } from './icons.ts';

export function createHeader({
  config,
  texts,
  chat,
  homeUrl,
  focusField,
  close,
}: ViewContext): Part {
  const { display_name: name, avatar_url: avatar, booking_url } = config;
  const booking = bookingUrl(booking_url);
  const person = iconButton('person', texts.person, () => {
    chat.callPerson();
    focusField();
  });
  const [letter = ''] = name.trim();
  const element = build(
    'header',
    {},
    avatar
      ? build('img', { class: 'avatar', alt: '', src: new URL(avatar, homeUrl).href })
      : build('span', { class: 'avatar', 'aria-hidden': true }, letter.toUpperCase()),
    build(
      'div',
      { class: 'who' },
      build('div', { class: 'name', dir: 'auto' }, name),
      // People must be able to tell what they talk to, in every theme.
      build('div', { class: 'kind' }, texts.assistant),
    ),
    booking && build('a', { ...named(texts.book), ...linkTo(booking) }, icon('calendar')),
    person,
    iconButton('close', texts.closeChat, close),
  );
  return {
    element,
    update() {
      const isCalled = chat.state.conversation?.status === 'escalated';
      person.hidden = isCalled || !config.escalation_enabled;
    },
  };
}
