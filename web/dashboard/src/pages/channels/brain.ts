/** The form of who answers: what stands in it, and what is sent. Pure. */
import type { BrainKind, ChannelBrain, NewBrain } from '$lib/data/brain';

export interface BrainDraft {
  kind: BrainKind;
  url: string;
  /** What is stored is never shown: empty keeps it. */
  header: string;
  dropsHeader: boolean;
  /** As a field has it. */
  timeout: string;
  fallsBack: boolean;
}

export function draftOf(brain: ChannelBrain): BrainDraft {
  return {
    kind: brain.kind,
    url: brain.url ?? '',
    header: '',
    dropsHeader: false,
    timeout: String(brain.timeout_seconds),
    fallsBack: brain.falls_back,
  };
}

/** Fields that are out of sight change nothing. */
export function brainToSend(draft: BrainDraft): NewBrain {
  if (draft.kind === 'builtin') return { kind: 'builtin' };
  const header = draft.dropsHeader ? '' : draft.header.trim();
  return {
    kind: 'webhook',
    url: draft.url.trim(),
    timeout_seconds: Number(draft.timeout),
    falls_back: draft.fallsBack,
    ...((draft.dropsHeader || header) && { header }),
  };
}

export function hasChanged(draft: BrainDraft, brain: ChannelBrain): boolean {
  const known = brainToSend(draftOf(brain));
  return JSON.stringify(brainToSend(draft)) !== JSON.stringify(known);
}

/** The address to try before it is kept; undefined: the one that is set, which gets the header too. */
export function urlToTry(draft: BrainDraft, brain: ChannelBrain): string | undefined {
  const url = draft.url.trim();
  return url && url !== brain.url ? url : undefined;
}
