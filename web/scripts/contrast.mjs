// WCAG 2 contrast of every text and graphics pair of the dashboard's colour tokens.
// Exit 1 when a pair is under its floor or a token is missing.
import { readFileSync } from 'node:fs';

const TEXT = 4.5;
const GRAPHICS = 3;
const tokensFile = new URL('../dashboard/src/tokens.css', import.meta.url);

const pairs = [
  ...['bg', 'surface', 'surface-2', 'hover', 'selected'].flatMap((background) =>
    ['text', 'text-2', 'text-3', 'accent-text'].map((text) => [text, background, TEXT]),
  ),
  ['accent-fg', 'accent', TEXT],
  ['accent-fg', 'accent-hover', TEXT],
  ['danger-fg', 'danger', TEXT],
  ['ai-text', 'ai-soft', TEXT],
  ['ai-text', 'surface', TEXT],
  ['success-text', 'success-soft', TEXT],
  ['warning-text', 'warning-soft', TEXT],
  ['danger-text', 'danger-soft', TEXT],
  ['info-text', 'info-soft', TEXT],
  ['note-text', 'note-bg', TEXT],
  ['text', 'ai-soft', TEXT],
  ['text', 'agent-bg', TEXT],
  ['focus', 'bg', GRAPHICS],
  ['focus', 'surface', GRAPHICS],
  ['border-strong', 'surface', GRAPHICS],
  ['border-strong', 'bg', GRAPHICS],
  ...[1, 2, 3, 4, 5, 6].map((series) => [`chart-${series}`, 'surface', GRAPHICS]),
  ...[1, 2, 3, 4, 5, 6].map((hue) => [`person-${hue}-text`, `person-${hue}`, TEXT]),
];

/** The colour tokens of one rule, by name without the dashes. */
function tokensOf(css, selector) {
  const body = css.slice(css.indexOf(`${selector} {`)).split('}')[0];
  return Object.fromEntries(
    [...body.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})\b/gi)].map(([, name, color]) => [name, color]),
  );
}

// The same maths as shared/color.ts; plain node cannot import TypeScript.
function luminance(hex) {
  const [red, green, blue] = [1, 3, 5]
    .map((start) => parseInt(hex.slice(start, start + 2), 16) / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(first, second) {
  const [light, dark] = [luminance(first), luminance(second)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

function problemsOf(theme, tokens) {
  return pairs.flatMap(([text, background, floor]) => {
    const [over, under] = [tokens[text], tokens[background]];
    if (!over || !under) return [`${theme}: --${over ? background : text} is missing`];
    const ratio = contrast(over, under);
    if (ratio >= floor) return [];
    return [`${theme}: --${text} on --${background} is ${ratio.toFixed(2)}, needs ${floor}`];
  });
}

function main() {
  const css = readFileSync(tokensFile, 'utf8');
  const light = tokensOf(css, ':root');
  const dark = { ...light, ...tokensOf(css, '.dark') };
  const problems = [...problemsOf('light', light), ...problemsOf('dark', dark)];
  for (const problem of problems) console.log(problem);
  console.log(`contrast: ${2 * pairs.length} pairs checked, ${problems.length} too weak`);
  return problems.length;
}

process.exit(main() ? 1 : 0);
