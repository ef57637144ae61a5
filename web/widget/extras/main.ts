/**
 * widget-extras.js: what few visits need, fetched when it is wanted first (see `view/extras.ts`). It finds its places in
 * the panel that `view/widget.ts` has built, and follows the chat's state like every other part.
 */
import { build } from '../view/dom.ts';
import type { ViewContext } from '../view/context.ts';
import type { Extras } from '../view/extras.ts';
import { showAttachments } from './attachments.ts';
import { createContactForm } from './contact.ts';
import css from './extras.css?inline';
import { textsFor } from './i18n.ts';
import { createRating } from './rating.ts';
import { addUploads } from './uploads.ts';

export interface ExtrasContext extends ViewContext {
  panel: HTMLElement;
  own: ReturnType<typeof textsFor>;
}

export function createExtras(view: ViewContext, panel: HTMLElement): Extras {
  const lang = panel.closest<HTMLElement>('.u')?.lang ?? 'en';
  const context: ExtrasContext = { ...view, panel, own: textsFor(lang) };
  const root = panel.getRootNode() as ShadowRoot;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  root.adoptedStyleSheets.push(sheet);
  const banner = panel.querySelector('.banner');
  const parts = [createContactForm(context, lang), createRating(context)];
  banner?.after(...parts.map(({ element }) => element));
  const uploads = view.config.uploads_enabled ? addUploads(context) : undefined;
  addPrivacyLink(context);
  return {
    update() {
      showAttachments(context);
      uploads?.update();
      for (const part of parts) part.update();
    },
  };
}

function addPrivacyLink({ config: { privacy_url }, panel, own }: ExtrasContext): void {
  if (!privacy_url || !/^https?:/.test(privacy_url)) return;
  const attributes = { class: 'privacy', href: privacy_url, target: '_blank', rel: 'noopener' };
  panel.querySelector('footer')?.append(build('a', attributes, own.privacy));
}
