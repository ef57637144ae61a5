/** Small help to build DOM nodes. Text is always a text node and never read as markup. */
import { icon, type IconName } from './icons.ts';

type Value = string | number | boolean | ((event: never) => void);
type Child = Node | string | null | undefined | false;

/**
 * An element with attributes and children. A function is a listener for the event that the name
 * says after `on`. Children that are no node and no text are left out. A button does not submit
 * unless it says so.
 */
export function build<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, Value> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (tag === 'button') setAttribute(element, 'type', tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function')
      element.addEventListener(name.slice(2), value as EventListener);
    else setAttribute(element, name, String(value));
  }
  element.append(...(children.filter(Boolean) as (Node | string)[]));
  return element;
}

export function setAttribute(element: Element, name: string, value: string): void {
  element.setAttribute(name, value);
}

/** The attributes of a link that leaves the page without giving anything away. */
export function linkTo(href: string): Record<string, string> {
  return { href, target: '_blank', rel: 'noopener nofollow' };
}

/** The attributes of something that shows an icon only. */
export function named(label: string): Record<string, string> {
  return { class: 'icon', 'aria-label': label, title: label };
}

export function iconButton(name: IconName, label: string, onclick: () => void): HTMLButtonElement {
  return build('button', { ...named(label), onclick }, icon(name));
}

/** Makes the children exactly these, moving none that already stands in its place. */
export function setChildren(parent: Element, children: readonly Element[]): void {
  for (const child of [...parent.children]) if (!children.includes(child)) child.remove();
  children.forEach((child, index) => {
    const current = parent.children[index] ?? null;
    if (current !== child) parent.insertBefore(child, current);
  });
}
