/**
 * widget.js, as a business puts it into its pages:
 * `<script async src="https://HOST/widget.js" data-channel="ch_…"></script>`
 * (also `data-lang`, `data-theme`, `data-position`). Reads the tag, asks the server how this channel
 * looks, mounts the view and offers `window.Rapport`. Start here; then `chat.ts` and `view/widget.ts`.
 */
import { ApiError, WidgetApi } from './api.ts';
import { Chat } from './chat.ts';
import { createHost } from './host.ts';
import { localeFor } from './i18n.ts';
import { createPageApi, type PageApi } from './page-api.ts';

declare global {
  interface Window {
    Rapport?: PageApi;
  }
}

void start(document.currentScript as HTMLScriptElement);

async function start({ src, dataset }: HTMLScriptElement): Promise<void> {
  const { channel = '', lang, theme, position } = dataset;
  try {
    const api = new WidgetApi(src, channel);
    const config = await api.config();
    // What the page says goes before what the channel says.
    Object.assign(config, theme && { theme }, position && { bubble_position: position });
    const wishes = [lang, config.language, document.documentElement.lang, navigator.language];
    api.language = wishes.find((tag) => tag && tag !== 'auto') ?? '';
    const options = { config, homeUrl: new URL('.', src).href };
    const chat = new Chat(api, channel);
    window.Rapport ??= createPageApi(createHost(), chat, localeFor(api.language), options);
    dispatchEvent(new Event('rapport:ready'));
  } catch (error) {
    // For whoever builds the page; visitors see nothing.
    console.warn('Rapport: no chat here.', error instanceof ApiError ? error.detail : error);
  }
}
