/**
 * What few visits need is a file of its own, `widget-extras.js`, fetched from our host when it is wanted first: files,
 * the rating at the end, an address for the answer, the privacy policy. Here stands only when that is; the rest is in
 * `../extras/`.
 */
import type { WidgetConfig } from '../../shared/types.ts';
import type { ChatState } from '../state.ts';

export interface Extras {
  update(): void;
}

export function needsExtras(config: WidgetConfig, { messages, conversation }: ChatState): boolean {
  return !!(
    config.uploads_enabled ||
    config.privacy_url ||
    (conversation?.ai_paused && config.people) ||
    (conversation?.status === 'resolved' && config.ask_rating) ||
    messages.some(({ attachment }) => attachment)
  );
}
