/** What stands against publishing a draft now. The server decides; this says it before. Pure. */
import type { Backtest, PublishRule, VersionWithChanges } from '$lib/data/versions';

export interface Concerns {
  /** Questions that would no longer be answered well, by a backtest that still holds. */
  broken: number;
  /** Changes that somebody has made elsewhere since. */
  outdated: number;
  /** Why the workspace's rule forbids it. */
  forbidden: 'untested' | 'broken' | 'prompt' | null;
}

export function concernsOf(
  draft: VersionWithChanges,
  tried: Backtest | null | undefined,
  rule: PublishRule,
): Concerns {
  const current = tried?.is_current ? tried : null;
  const broken = current?.broken ?? 0;
  const outdated = draft.changes.filter(({ is_outdated }) => is_outdated).length;
  if (rule === 'free') return { broken, outdated, forbidden: null };
  if (changesPrompt(draft)) return { broken, outdated, forbidden: 'prompt' };
  const forbidden = current ? (broken > 0 ? 'broken' : null) : 'untested';
  return { broken, outdated, forbidden };
}

/** A backtest asks no model: it says nothing about prompts. */
export function changesPrompt(draft: VersionWithChanges): boolean {
  return draft.changes.some(({ subject }) => subject !== 'qa_pair');
}

export function isFine({ broken, outdated, forbidden }: Concerns): boolean {
  return broken === 0 && outdated === 0 && forbidden === null;
}
