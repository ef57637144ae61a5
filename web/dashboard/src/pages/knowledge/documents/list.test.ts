import { describe, expect, it } from 'vitest';
import type { Passage } from '$lib/data/documents';
import { chaptersOf, readingOf, withWords } from './list';

describe('how far a document is read', () => {
  it('waits until its text was taken out, then counts passages', () => {
    expect(readingOf({ status: 'pending', chunk_count: 0 })).toBe('waiting');
    expect(readingOf({ status: 'pending', chunk_count: 400 })).toBe('reading');
    expect(readingOf({ status: 'processed', chunk_count: 400 })).toBe('ready');
    expect(readingOf({ status: 'failed', chunk_count: 0 })).toBe('failed');
  });
});

describe('the filter of documents', () => {
  const documents = [
    { title: 'Conditions générales', filename: 'cgv-2026.pdf' },
    { title: 'Delivery times', filename: null },
  ];
  const titles = (words: string) => withWords(documents, words).map(({ title }) => title);

  it('finds every word in title or file name, whatever its case and accents', () => {
    expect(titles('GENERALES cgv')).toEqual(['Conditions générales']);
    expect(titles('times  delivery')).toEqual(['Delivery times']);
    expect(titles('generales delivery')).toEqual([]);
  });

  it('shows all without words', () => {
    expect(titles(' ')).toEqual(documents.map(({ title }) => title));
  });
});

describe('chapters', () => {
  const passage = (id: string, heading: string): Passage => ({
    id,
    heading,
    position: Number(id),
    page: null,
    text: `Passage ${id}`,
  });

  it('keeps the order, a heading that comes again apart, and the title out', () => {
    const chapters = chaptersOf('Terms', [
      passage('1', 'Terms › Returns'),
      passage('2', 'Terms › Returns'),
      passage('3', 'Terms'),
      passage('4', 'Terms › Returns'),
      passage('5', 'Terms › Returns › Terms › Exchanges'),
    ]);
    expect(chapters.map(({ heading, passages }) => [heading, passages.length])).toEqual([
      ['Returns', 2],
      ['', 1],
      ['Returns', 1],
      ['Returns › Terms › Exchanges', 1],
    ]);
    expect(new Set(chapters.map(({ id }) => id)).size).toBe(4);
  });
});
