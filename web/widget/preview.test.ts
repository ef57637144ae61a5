import { expect, it } from 'vitest';
import type { WidgetConfig } from '../shared/types.ts';
import { mountPreview } from './preview.ts';
import { EMPTY_CHAT, withMessage } from './state.ts';
import { answer, message } from './testing.ts';

const CONFIG: WidgetConfig = {
  channel_key: 'ch_1',
  display_name: 'Fennel & Oak',
  welcome_message: 'Hello **you**',
  placeholder_text: '',
  suggested_messages: ['Do you ship?'],
  booking_url: null,
  primary_color: '#1f5c4a',
  bubble_color: '#1f5c4a',
  bubble_position: 'right',
  avatar_url: null,
  chat_icon_url: null,
  escalation_enabled: true,
  powered_by: true,
  max_suggestion_chips: 3,
  language: 'fr',
  theme: 'light',
  uploads_enabled: false,
  ask_rating: true,
  privacy_url: null,
  people: null,
};

function preview() {
  const frame = document.body.appendChild(document.createElement('div'));
  const { show, remove } = mountPreview(frame, 'https://rapport.example/');
  const find = (selector: string) => frame.shadowRoot?.querySelector(selector);
  return { show, remove, find };
}

it('shows the look and the moment that it is given', () => {
  const { show, find } = preview();
  show(CONFIG);
  expect(find('.chip')?.textContent).toBe('Do you ship?');
  expect(find('.bubble strong')?.textContent).toBe('you');
  expect(find('.kind')?.textContent).toBe('Assistant IA');
  const chat = [message(1, 'user'), message(2, 'ai', { answer: answer() })];
  show({ ...CONFIG, language: 'en' }, chat.reduce(withMessage, EMPTY_CHAT));
  expect(find('.kind')?.textContent).toBe('AI assistant');
  expect(find('.thumbs')).not.toBeNull();
  expect(find('.chip')).toBeFalsy();
});

it('leaves nothing behind', () => {
  const { show, remove, find } = preview();
  show(CONFIG);
  show(CONFIG);
  remove();
  expect(find('*')).toBeFalsy();
});
