/**
 * Markdown-lite: the few marks that answers use (bold, italic, code, links, lists, headings, code
 * blocks), built straight into DOM nodes. Text never becomes markup, so it needs no cleaning after.
 * Not CommonMark: no HTML, images, tables, quotes or nesting of lists.
 * Every repeat in a pattern is bounded, which keeps hostile input linear; a test holds it so.
 */

const INLINE = new RegExp(
  [
    /`([^`\n]{1,400})`/,
    /\*\*([^*\n]{1,400})\*\*/,
    /\*([^*\s][^*\n]{0,400})\*/,
    /(?<!\w)_([^_\s][^_\n]{0,400})_(?!\w)/,
    /!?\[([^[\]\n]{1,300})\]\(([^()\s]{1,600})\)/,
    /(https?:\/\/[^\s<>"'`()[\]*]{1,600})/,
  ]
    .map((pattern) => pattern.source)
    .join('|'),
  'g',
);
/** The number is there for a numbered list only. */
const LIST_ITEM = /^\s{0,8}(?:[-*•]|(\d{1,4})[.)])\s+(.*)$/;
const HEADING = /^#{1,6}\s+(.*)$/;
const FENCE = /^\s{0,3}```/;
const SAFE_URL = /^(https?:\/\/|mailto:|tel:)[^\s\\]{1,2000}$/i;
const MAX_NESTING = 2;

/** The text as nodes ready to append. */
export function renderMarkdown(text: string): DocumentFragment {
  const fragment = document.createDocumentFragment();
  const lines = text.replace(/\r\n?/g, '\n').split('\n');
  for (let index = 0; index < lines.length;) {
    index += appendBlock(fragment, lines, index);
    // Keeps the words of two blocks apart where only the text is read.
    fragment.append('\n');
  }
  return fragment;
}

/** The text without its marks, for a one-line preview or a screen reader. */
export function plainText(text: string): string {
  return (renderMarkdown(text).textContent ?? '').replace(/\s+/g, ' ').trim();
}

/** The address itself, or null when it is not of a kind that a link may have. */
export function safeUrl(href: string): string | null {
  return SAFE_URL.test(href) ? href : null;
}

/** Appends the block that starts at the line and tells how many lines it took. */
function appendBlock(parent: Node, lines: string[], start: number): number {
  const line = lines[start] ?? '';
  if (line.trim() === '') return 1;
  if (FENCE.test(line)) return appendCodeBlock(parent, lines, start);
  if (LIST_ITEM.test(line)) return appendList(parent, lines, start);
  const heading = HEADING.exec(line);
  const paragraph = append(parent, 'p');
  if (heading) {
    appendInline(append(paragraph, 'strong'), heading[1] ?? '');
    return 1;
  }
  let end = start;
  for (; end < lines.length; end += 1) {
    const next = lines[end] ?? '';
    const isOtherBlock =
      next.trim() === '' || [FENCE, LIST_ITEM, HEADING].some((m) => m.test(next));
    if (isOtherBlock) break;
    if (end > start) append(paragraph, 'br').after('\n');
    appendInline(paragraph, next);
  }
  return end - start;
}

function appendCodeBlock(parent: Node, lines: string[], start: number): number {
  let end = start + 1;
  while (end < lines.length && !FENCE.test(lines[end] ?? '')) end += 1;
  append(append(parent, 'pre'), 'code').textContent = lines.slice(start + 1, end).join('\n');
  return end + 1 - start;
}

function appendList(parent: Node, lines: string[], start: number): number {
  const firstNumber = LIST_ITEM.exec(lines[start] ?? '')?.[1];
  const list = append(parent, firstNumber ? 'ol' : 'ul');
  if (firstNumber) list.setAttribute('start', firstNumber);
  let end = start;
  for (; end < lines.length; end += 1) {
    const [item, number, text = ''] = LIST_ITEM.exec(lines[end] ?? '') ?? [];
    if (!item || Boolean(number) !== Boolean(firstNumber)) break;
    appendInline(append(list, 'li'), text);
    list.append('\n');
  }
  return end - start;
}

function appendInline(parent: Element, text: string, depth = 0): void {
  let written = 0;
  for (const match of text.matchAll(INLINE)) {
    parent.append(text.slice(written, match.index));
    written = match.index + match[0].length;
    const [whole, code, bold, star, underscore, label, href, bareUrl] = match;
    const italic = star ?? underscore;
    if (code) append(parent, 'code').textContent = code;
    else if (bold) appendMarked(parent, 'strong', bold, depth);
    else if (italic) appendMarked(parent, 'em', italic, depth);
    else if (label && href) appendLink(parent, label, href, whole);
    else if (bareUrl) {
      const url = bareUrl.replace(/[.,;:!?]{1,10}$/, '');
      appendLink(parent, url, url, url);
      parent.append(bareUrl.slice(url.length));
    }
  }
  parent.append(text.slice(written));
}

function appendMarked(parent: Element, tag: 'strong' | 'em', text: string, depth: number): void {
  const element = append(parent, tag);
  if (depth < MAX_NESTING) appendInline(element, text, depth + 1);
  else element.append(text);
}

/** Shows what was written instead of hiding that a link was refused. */
function appendLink(parent: Element, label: string, href: string, source: string): void {
  const url = safeUrl(href);
  if (!url) return parent.append(source);
  const link = append(parent, 'a');
  link.href = url;
  link.target = '_blank';
  link.rel = 'noopener nofollow';
  link.append(label);
}

function append<K extends keyof HTMLElementTagNameMap>(parent: Node, tag: K) {
  return parent.appendChild(document.createElement(tag));
}
