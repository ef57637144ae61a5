/**
 * Single keys and short sequences (`g i`). A component announces its keys with `shortcuts({ … })` in an `$effect`;
 * the newest one wins. Nothing happens while somebody types, and nothing behind an open dialog; `mod+k` (Ctrl, or ⌘ on a
 * Mac) works while typing too. Single keys can be turned off, for people who speak or whose hands tremble (WCAG 2.1.4).
 * Keys are matched by `event.key`, so they are where the keyboard's own layout has them.
 */

export type Keys = Record<string, () => void>;

const SEQUENCE_MS = 1_000;
const layers: Keys[] = [];
let hasSingleKeys = true;
let pending: { key: string; at: number } | null = null;

/** Adds keys, such as `{ j: next, 'g i': openInbox }`. Returns the way to take them away again. */
export function shortcuts(keys: Keys): () => void {
  layers.push(keys);
  return () => {
    layers.splice(layers.indexOf(keys), 1);
  };
}

/** Whether keys without Ctrl or ⌘ do anything. */
export function setSingleKeys(isOn: boolean): void {
  hasSingleKeys = isOn;
}

/** Listens to the whole page. Returns the way to stop. */
export function startShortcuts(): () => void {
  document.addEventListener('keydown', onKeyDown);
  return () => {
    document.removeEventListener('keydown', onKeyDown);
  };
}

/** Whether keys belong to a field now. */
export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof Element &&
    target.closest('input, textarea, select, [contenteditable], [role="menu"]') !== null
  );
}

function onKeyDown(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.altKey || document.querySelector('dialog[open]')) return;
  const run = event.ctrlKey || event.metaKey ? modified(event) : plain(event);
  if (!run) return;
  event.preventDefault();
  run();
}

function modified({ key, shiftKey }: KeyboardEvent): (() => void) | null {
  return handler(`mod+${shiftKey ? 'shift+' : ''}${key.toLowerCase()}`);
}

function plain(event: KeyboardEvent): (() => void) | null {
  const isOff = !hasSingleKeys && event.key !== 'Escape';
  return isOff || isTyping(event.target) ? null : lookUp(event.key, event.timeStamp);
}

function lookUp(key: string, at: number): (() => void) | null {
  const name = key.length === 1 ? key.toLowerCase() : key;
  const first = pending && at - pending.at < SEQUENCE_MS ? pending.key : null;
  pending = null;
  const found = (first && handler(`${first} ${name}`)) || handler(name);
  if (found) return found;
  if (layers.some((keys) => Object.keys(keys).some((known) => known.startsWith(`${name} `)))) {
    pending = { key: name, at };
  }
  return null;
}

function handler(name: string): (() => void) | null {
  for (const keys of layers.toReversed()) {
    if (keys[name]) return keys[name];
  }
  return null;
}
