/** Where something that hangs at a button belongs: below it, or above where there is more room; within the window. */

const GAP = 4;
const EDGE = 8;

/** Moves `panel`, which is positioned in the window, to `anchor`. */
export function place(panel: HTMLElement, anchor: Element): void {
  const at = anchor.getBoundingClientRect();
  const { offsetHeight: height, offsetWidth: width } = panel;
  const isBelow = at.bottom + GAP + height + EDGE <= innerHeight || at.top < innerHeight / 2;
  const top = isBelow ? at.bottom + GAP : at.top - GAP - height;
  const left = at.left + width + EDGE <= innerWidth ? at.left : at.right - width;
  panel.style.top = pixels(within(top, innerHeight - height));
  panel.style.left = pixels(within(left, innerWidth - width));
}

function within(value: number, most: number): number {
  return Math.max(EDGE, Math.min(value, most - EDGE));
}

function pixels(value: number): string {
  return `${String(value)}px`;
}
