/** What every part of the view is given. */
import type { WidgetConfig } from '../../shared/types.ts';
import type { ChatActions } from '../chat.ts';
import type { Texts } from '../i18n.ts';

export interface ViewContext {
  config: WidgetConfig;
  texts: Texts;
  chat: ChatActions;
  /** Where the Rapport server is; relative addresses in the config start there. */
  homeUrl: string;
  /** Says something to a screen reader, once. */
  announce(text: string): void;
  focusField(): void;
  close(): void;
}

/** One part of the view: its element, and how it follows the chat's state. */
export interface Part {
  element: HTMLElement;
  update(): void;
}

/** The address of the business's booking page, or null when there is none or it is not https. */
export function bookingUrl(url: string | null | undefined): string | null {
  return url?.startsWith('https://') ? url : null;
}
