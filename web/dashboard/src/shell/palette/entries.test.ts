import { describe, expect, it } from 'vitest';
import { filterSections, keysOf, parseQuery, type Entry } from './entries';

const entry = (label: string): Entry => ({ id: label, label, run: () => undefined });

describe('the palette', () => {
  it('reads what a first sign asks for', () => {
    expect(parseQuery('> resolve ')).toEqual({ scope: 'actions', words: 'resolve' });
    expect(parseQuery('@ana')).toEqual({ scope: 'people', words: 'ana' });
    expect(parseQuery('a@b.example')).toEqual({ scope: 'all', words: 'a@b.example' });
  });

  it('finds words without their accents, what begins with them first', () => {
    const sections = [
      { title: 'Pages', entries: [entry('Ouvrir les réglages'), entry('Réglages'), entry('Aide')] },
      { title: 'Actions', entries: [entry('Résoudre')] },
    ];
    const found = filterSections(sections, 'reglages');
    expect(found.map(({ title, entries }) => [title, entries.map(({ label }) => label)])).toEqual([
      ['Pages', ['Réglages', 'Ouvrir les réglages']],
    ]);
  });

  it('writes keys as they are printed', () => {
    expect(keysOf('g i', 'Ctrl')).toEqual(['G', 'I']);
    expect(keysOf('mod+k', '⌘')).toEqual(['⌘', 'K']);
    expect(keysOf(undefined, 'Ctrl')).toBeUndefined();
  });
});
