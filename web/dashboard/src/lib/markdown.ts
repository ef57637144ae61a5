/** Svelte's side of the shared Markdown renderer: `<div {@attach markdown(text)}>` shows the text as nodes. */
import { renderMarkdown } from '$shared/markdown';
import type { Attachment } from 'svelte/attachments';

export function markdown(text: string): Attachment<HTMLElement> {
  return (element) => {
    element.replaceChildren(renderMarkdown(text));
  };
}
