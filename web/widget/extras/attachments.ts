/** Files in the list of messages: an image shows itself, everything else is a link that downloads. */
import type { Attachment } from '../../shared/types.ts';
import { build } from '../view/dom.ts';
import type { ExtrasContext } from './main.ts';

export function showAttachments(context: ExtrasContext): void {
  const { chat, panel } = context;
  for (const { id, attachment } of chat.state.messages) {
    const row = attachment && panel.querySelector(`[data-id="${CSS.escape(id)}"]`);
    if (!row || row.querySelector('.attachment')) continue;
    row.append(build('div', { class: 'attachment' }, createAttachment(context, attachment)));
  }
}

function createAttachment(context: ExtrasContext, attachment: Attachment): HTMLElement {
  const { homeUrl, own } = context;
  const { name, url, mime_type, width, height } = attachment;
  const href = new URL(url, homeUrl).href;
  if (!mime_type.startsWith('image/')) return createFile(context, attachment, href);
  const label = own.image.replace('{name}', name);
  const image = build('img', { src: href, alt: label, loading: 'lazy' });
  // Known before it is loaded, so that nothing jumps.
  if (width && height) {
    image.width = width;
    image.height = height;
  }
  const link = build('a', { href, target: '_blank', rel: 'noopener', title: name }, image);
  // A page's policy may forbid our images; a link works everywhere.
  image.onerror = () => link.replaceWith(createFile(context, attachment, href));
  return link;
}

function createFile({ own }: ExtrasContext, { name, size }: Attachment, href: string): HTMLElement {
  const attributes = { class: 'file', href, target: '_blank', rel: 'noopener', download: name };
  const kind = build('span', { class: 'spoken' }, own.file.replace('{name}', ''));
  const amount = build('small', {}, inWords(size));
  return build('a', attributes, kind, build('span', { dir: 'auto' }, name), amount);
}

function inWords(bytes: number): string {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
