import { beforeAll, describe, expect, it } from 'vitest';
import type { EmbedderState, IndexState } from '$lib/data/embedder';
import { loadLaterTexts } from '../../../i18n/index.svelte';
import { choiceOf, draftOf, failureText, indexProgress, nameOf, progressOf } from './search-model';

const local = { kind: 'local' };
const endpoint = { kind: 'endpoint', base_url: 'https://a.example/v1', model: 'bge-m3' };

function state(change: Partial<EmbedderState>): EmbedderState {
  const counts = { texts: 1000, waiting: 0, waiting_next: 0 };
  return { current: local, ...counts, is_local_available: true, ...change };
}

function index(change: Partial<IndexState>): IndexState {
  const size = { passages: 300, indexed: 0, held_in_memory: 300 };
  return { backend: 'pgvector', ...size, is_searched_by_index: false, ...change };
}

describe('the search model', () => {
  beforeAll(loadLaterTexts);

  it('begins its form with what is chosen, but for the key', () => {
    const draft = draftOf({ ...endpoint, dimensions: 512 });
    expect(draft).toEqual({ ...endpoint, key: '', dimensions: '512' });
    expect(choiceOf({ ...draft, key: 'k' })).toEqual({ ...endpoint, key: 'k', dimensions: 512 });
    expect(choiceOf({ ...draft, dimensions: '' })).toMatchObject({ dimensions: null });
  });

  it('sends nothing of an endpoint with the local model', () => {
    expect(choiceOf({ ...draftOf(endpoint), kind: 'local' })).toEqual({ kind: 'local' });
    expect(draftOf(local)).toMatchObject({ kind: 'local', base_url: '', model: '' });
  });

  it('is called by its name', () => {
    expect([nameOf(endpoint), nameOf(local)]).toEqual(['bge-m3', 'Local model']);
  });

  it('is ready only when nothing is missing', () => {
    expect(progressOf(state({ waiting_next: 1000 }))).toBeNull();
    const done = (waiting_next: number, texts = 1000) =>
      progressOf(state({ next: endpoint, texts, waiting_next }));
    expect(done(1000)).toEqual({ done: 0, total: 1000, share: 0 });
    expect(done(1)).toEqual({ done: 999, total: 1000, share: 0.99 });
    expect(done(0)?.share).toBe(1);
    expect(done(0, 0)?.share).toBe(1);
  });

  it('tells of an index where there is one, or will be', () => {
    expect(indexProgress(index({}))).toBeNull();
    expect(indexProgress(index({ indexed: 150 }))?.share).toBe(0.5);
    expect(indexProgress(index({ is_searched_by_index: true, indexed: 300 }))?.share).toBe(1);
  });

  it('says what to do about a failure', () => {
    const text = (is_tried_again: boolean) =>
      failureText(state({ failure: { reason: 'It is down.', is_tried_again } }));
    expect(text(true)).toMatch(/^It is down\. It is tried again/);
    expect(text(false)).toMatch(/^It is down\. It is not tried again/);
    expect(failureText(state({}))).toBeNull();
  });
});
