import { describe, expect, it } from 'vitest';
import type { Proposal } from '$lib/data/transcripts';
import { isClear } from './names';

const proposal = (part: Partial<Proposal>) => ({ reasons: [], overlap: null, ...part }) as Proposal;

describe('what needs no look', () => {
  it('was asked several times, answered the same, and has no answer yet', () => {
    expect(isClear(proposal({}))).toBe(true);
    expect(isClear(proposal({ reasons: ['seen_once'] }))).toBe(false);
    const overlap = { id: '1', question: 'a', answer: 'b', phrasings: [], similarity: 0.9 };
    expect(isClear(proposal({ overlap }))).toBe(false);
  });
});
