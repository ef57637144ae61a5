/** What the palette lists for what was typed: pure, so that it can be tested. */
import { fold } from '$lib/fold';

export interface Entry {
  id: string;
  label: string;
  /** Smaller, behind the label. */
  detail?: string;
  /** Shown as keys: `G I`. */
  keys?: string[];
  run: () => void;
}

export interface Section {
  title: string;
  entries: Entry[];
}

/** `>` asks for actions alone, `@` for people; anything else searches everywhere. */
export type Scope = 'all' | 'actions' | 'people';

export function parseQuery(text: string): { scope: Scope; words: string } {
  const scopes: Record<string, Scope> = { '>': 'actions', '@': 'people' };
  const scope = scopes[text.charAt(0)];
  return { scope: scope ?? 'all', words: (scope ? text.slice(1) : text).trim() };
}

/** The sections with the entries that have every word typed, those that begin with them first. */
export function filterSections(sections: Section[], words: string): Section[] {
  const wanted = fold(words).split(/\s+/).filter(Boolean);
  return sections
    .map(({ title, entries }) => ({
      title,
      entries: entries
        .filter(({ label }) => wanted.every((word) => fold(label).includes(word)))
        .sort((a, b) => Number(startsWith(b, words)) - Number(startsWith(a, words))),
    }))
    .filter(({ entries }) => entries.length > 0);
}

/** `mod+k` → Ctrl K, `g i` → G I. */
export function keysOf(key: string | undefined, command: string): string[] | undefined {
  return key?.split(/[ +]/).map((part) => (part === 'mod' ? command : part.toUpperCase()));
}

function startsWith({ label }: Entry, words: string): boolean {
  return fold(label).startsWith(fold(words));
}
