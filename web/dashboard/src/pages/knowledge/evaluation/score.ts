/** A score as people read it, and what a case may come to. Pure. */
import type { EvaluationScore, EvaluationVerdict } from '$lib/data/evaluation';
import type { PlainKey } from '../../../i18n/index.svelte';

/** Whole percents, never rounded up to a hundred; null where nothing could be judged. */
export function percentOf({
  right,
  total,
}: Pick<EvaluationScore, 'right' | 'total'>): number | null {
  return total > 0 ? Math.floor((right / total) * 100) : null;
}

/** In the order in which somebody wants to see them. */
export const verdicts = [
  'wrong',
  'declined',
  'false_answer',
  'right',
  'skipped',
] as const satisfies EvaluationVerdict[];

export const verdictNames: Record<EvaluationVerdict, PlainKey> = {
  right: 'evaluation.right',
  wrong: 'evaluation.wrong',
  declined: 'evaluation.declined',
  false_answer: 'evaluation.falseAnswer',
  skipped: 'evaluation.skipped',
};
