/** What the list and an open document show, worked out from what the server tells. Pure. */
import type { KnowledgeDocument, Passage } from '$lib/data/documents';
import { fold } from '$lib/fold';

export type Reading = 'waiting' | 'reading' | 'ready' | 'failed';

/** How far the reading of its newest file is. */
export function readingOf({
  status,
  chunk_count,
}: Pick<KnowledgeDocument, 'status' | 'chunk_count'>): Reading {
  if (status === 'processed') return 'ready';
  if (status === 'failed') return 'failed';
  // Passages are counted once its text was taken out.
  return chunk_count > 0 ? 'reading' : 'waiting';
}

/** Those whose title or file name has every word. */
export function withWords<Named extends Pick<KnowledgeDocument, 'title' | 'filename'>>(
  documents: readonly Named[],
  words: string,
): Named[] {
  const wanted = fold(words).split(/\s+/).filter(Boolean);
  return documents.filter(({ title, filename }) => {
    const names = fold(`${title} ${filename ?? ''}`);
    return wanted.every((word) => names.includes(word));
  });
}

export interface Chapter {
  /** Of its first passage: the same heading may come again further on. */
  id: string;
  heading: string;
  passages: Passage[];
}

/** Passages that follow each other under one heading, which the server begins with the document's title. */
export function chaptersOf(title: string, passages: readonly Passage[]): Chapter[] {
  const chapters: Chapter[] = [];
  for (const passage of passages) {
    const heading = withoutTitle(title, passage.heading);
    const last = chapters.at(-1);
    if (last?.heading === heading) last.passages.push(passage);
    else chapters.push({ id: passage.id, heading, passages: [passage] });
  }
  return chapters;
}

function withoutTitle(title: string, heading: string): string {
  if (heading === title) return '';
  const start = `${title} › `;
  return heading.startsWith(start) ? heading.slice(start.length) : heading;
}
