import { describe, expect, it } from 'vitest';
import type { Outcome, VersionChange } from '$lib/data/versions';
import { expectationOf } from './expectation';

const said = (...matched_qa_ids: string[]): Outcome => ({
  text: 'Within two days.',
  is_answered: true,
  confidence: 0.9,
  matched_qa_ids,
  sources: [],
});
const change = (before: boolean, after: boolean) =>
  ({ subject_id: 'pair', before: before ? {} : null, after: after ? {} : null }) as VersionChange;

describe('expectationOf', () => {
  it('expects the pair that was matched', () => {
    const expected = { question: 'When?', expects: 'qa_pair', expected_qa_id: 'pair' };
    expect(expectationOf('When?', said('pair'), [])).toEqual(expected);
    expect(expectationOf('When?', said('pair'), [change(true, true)])).toEqual(expected);
  });

  it('expects the words where the pair is not there yet, or goes, or none was matched', () => {
    const expected = { question: 'When?', expects: 'text', expected_text: 'Within two days.' };
    expect(expectationOf('When?', said('pair'), [change(false, true)])).toEqual(expected);
    expect(expectationOf('When?', said('pair'), [change(true, false)])).toEqual(expected);
    expect(expectationOf('When?', said(), [])).toEqual(expected);
  });

  it('expects none where none was given', () => {
    const declined = { ...said(), is_answered: false };
    expect(expectationOf('When?', declined, [])).toEqual({
      question: 'When?',
      expects: 'no_answer',
    });
  });
});
