/** How much there is to do. Pure. */
import type { Upkeep } from '$lib/data/upkeep';

export function countOf(work: Upkeep): number {
  const { contradictions, against_documents, disliked, outdated, unused, vanished_pages } = work;
  const lists = [contradictions, against_documents, disliked, outdated, unused];
  return lists.reduce((sum, list) => sum + list.length, vanished_pages);
}
