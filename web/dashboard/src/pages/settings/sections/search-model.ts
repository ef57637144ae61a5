/** What the section about the search model says of what the server tells. Pure, but for the texts. */
import type { EmbedderState, EmbedderView, IndexState, NewEmbedder } from '$lib/data/embedder';
import { t } from '../../../i18n/index.svelte';

export interface SearchModelDraft {
  /** `local` or `endpoint`. */
  kind: string;
  base_url: string;
  model: string;
  key: string;
  dimensions: string;
}

/** The form begins with what is chosen now; the key is not known here. */
export function draftOf({ kind, base_url, model, dimensions }: EmbedderView): SearchModelDraft {
  return {
    kind,
    base_url: base_url ?? '',
    model: model ?? '',
    key: '',
    dimensions: dimensions?.toString() ?? '',
  };
}

export function choiceOf({ kind, dimensions, ...rest }: SearchModelDraft): NewEmbedder {
  if (kind !== 'endpoint') return { kind: 'local' };
  return { kind, ...rest, dimensions: dimensions ? Number(dimensions) : null };
}

/** By which people know it. */
export function nameOf(embedder: EmbedderView): string {
  return embedder.model ?? t('searchModel.local');
}

export interface Progress {
  done: number;
  total: number;
  /** From 0 to 1; 1 only when nothing is missing. */
  share: number;
}

/** How far the next model is; null while there is none. */
export function progressOf({ next, texts, waiting_next }: EmbedderState): Progress | null {
  return next ? progress(texts - waiting_next, texts) : null;
}

/** How far the index is; null where the base is so small that it has none. */
export function indexProgress(index: IndexState): Progress | null {
  const isLarge = index.is_searched_by_index || index.indexed > 0;
  return isLarge ? progress(index.indexed, index.passages) : null;
}

function progress(done: number, total: number): Progress {
  return { done, total, share: total > 0 ? Math.floor((done / total) * 100) / 100 : 1 };
}

/** Why embedding does not go on, and what to do about it. */
export function failureText({ failure }: EmbedderState): string | null {
  if (!failure) return null;
  const advice = failure.is_tried_again ? t('searchModel.triedAgain') : t('searchModel.givenUp');
  return `${failure.reason} ${advice}`;
}
