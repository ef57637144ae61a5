/** What an evaluation set expects when an answer that was given is right. Pure. */
import type { NewEvaluationCase } from '$lib/data/evaluation';
import type { Outcome, VersionChange } from '$lib/data/versions';

/**
 * The pair that the answer rests on says it best, for its words may change. But a pair that the draft adds is not
 * there yet, and one that it removes will not be: then it is the words.
 */
export function expectationOf(
  question: string,
  outcome: Outcome,
  changes: readonly VersionChange[],
): NewEvaluationCase {
  if (!outcome.is_answered) return { question, expects: 'no_answer' };
  const passing = changes.filter(({ before, after }) => !before || !after);
  const [pair] = outcome.matched_qa_ids;
  const isLasting = pair && !passing.some(({ subject_id }) => subject_id === pair);
  if (isLasting) return { question, expects: 'qa_pair', expected_qa_id: pair };
  return { question, expects: 'text', expected_text: outcome.text };
}
