/**
 * Colour maths for a brand colour that a business may choose freely: what can be read on it, and
 * which shade of it can be read on our surfaces. Contrast as defined by WCAG 2.2.
 * Not a colour library: it knows `#rrggbb` only.
 */

export const BLACK = '#000000';
export const WHITE = '#ffffff';

/** The colour when it is written as `#rrggbb`, else null. */
export function parseHex(text: string): string | null {
  return /^#[0-9a-f]{6}$/i.test(text) ? text : null;
}

/** Contrast ratio of two `#rrggbb` colours, from 1 (the same) to 21 (black on white). */
export function contrast(first: string, second: string): number {
  const a = luminance(first);
  const b = luminance(second);
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

/** Black or white, whichever reads better on the background; always at least 4.58:1. */
export function textOn(background: string): string {
  return contrast(WHITE, background) >= contrast(BLACK, background) ? WHITE : BLACK;
}

/**
 * The colour itself, or its nearest shade toward black (on light) or white (on dark) that reaches
 * the ratio on the background.
 */
export function readableShade(color: string, background: string, ratio = 4.6): string {
  const target = textOn(background);
  let share = 0;
  while (share < 1 && contrast(mix(color, target, share), background) < ratio) share += 0.05;
  return mix(color, target, Math.min(share, 1));
}

/** `share` of the second colour in the first one, from 0 to 1. */
export function mix(first: string, second: string, share: number): string {
  const target = channels(second);
  const mixed = channels(first).map((channel, index) => {
    const value = channel + ((target[index] ?? 0) - channel) * share;
    return Math.round(value).toString(16).padStart(2, '0');
  });
  return `#${mixed.join('')}`;
}

/** Red, green and blue, each from 0 to 255. */
function channels(hex: string): number[] {
  return [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16));
}

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = channels(hex).map((channel) => {
    const value = channel / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
