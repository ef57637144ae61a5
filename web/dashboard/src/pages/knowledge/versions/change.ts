/** One change of a version, taken apart into its fields with what stood there before and after. Pure but for the words. */
import type { AgentPrompt } from '$lib/data/playground';
import type { VersionChange } from '$lib/data/versions';
import { t, type PlainKey } from '../../../i18n/index.svelte';
import { languageName } from '../names';
import { diffLines, diffWords, shortened, type Piece } from './diff';

export type ChangeKind = 'added' | 'changed' | 'removed';
type State = Record<string, unknown>;

export interface FieldDiff {
  name: string;
  label: PlainKey;
  pieces: Piece[];
  /** Each piece is a line of its own. */
  isList: boolean;
}

const fieldsOf = {
  qa_pair: [
    ['question', 'versions.question'],
    ['answer', 'versions.answer'],
    ['phrasings', 'versions.phrasings'],
    ['category', 'versions.category'],
    ['language', 'versions.language'],
    ['is_active', 'versions.state'],
  ],
  agent_prompt: [
    ['name', 'versions.name'],
    ['description', 'versions.description'],
    ['system_prompt', 'versions.prompt'],
  ],
  channel_prompt: [
    ['agent_prompt_id', 'versions.libraryPrompt'],
    ['personality_prompt', 'versions.prompt'],
  ],
} as const satisfies Record<VersionChange['subject'], readonly (readonly [string, PlainKey])[]>;

/** What is shown of a thing that is new or gone altogether. */
const WORTH_TELLING = ['question', 'answer', 'phrasings', 'name', 'description', 'system_prompt'];

export function kindOf({ before, after }: VersionChange): ChangeKind {
  if (!before) return 'added';
  return after ? 'changed' : 'removed';
}

/** The question or the prompt's or channel's name, as it was if it is gone. */
export function nameOf({ before, after, channel, subject }: VersionChange): string {
  if (subject === 'channel_prompt') return channel ?? t('versions.channelGone');
  const state = (after ?? before ?? {}) as State;
  return textOf(state, 'question') || textOf(state, 'name');
}

/** The fields that differ; of a thing that is new or gone, those that somebody has written. `prompts`: the library's. */
export function fieldDiffs(change: VersionChange, prompts: AgentPrompt[] = []): FieldDiff[] {
  const named = (state: unknown): State => ({
    ...(state as State | null),
    ...(change.subject === 'channel_prompt' && { agent_prompt_id: promptName(state, prompts) }),
  });
  const [before, after] = [named(change.before), named(change.after)];
  return fieldsOf[change.subject].flatMap(([name, label]) => {
    if (kindOf(change) !== 'changed' && !WORTH_TELLING.includes(name)) return [];
    const isList = name === 'phrasings';
    const pieces = isList
      ? diffLines(linesOf(before), linesOf(after))
      : diffWords(textOf(before, name), textOf(after, name));
    if (pieces.every(({ kind }) => kind === 'same')) return [];
    return [{ name, label, isList, pieces: isList ? pieces : shortened(pieces) }];
  });
}

function promptName(state: unknown, prompts: AgentPrompt[]): string {
  const id = (state as State | null)?.agent_prompt_id;
  if (!id) return t('agent.ownPrompt');
  return prompts.find((prompt) => prompt.id === id)?.name ?? t('versions.promptGone');
}

function linesOf({ phrasings }: State): string[] {
  return Array.isArray(phrasings) ? phrasings.map(String) : [];
}

function textOf(state: State, name: string): string {
  const value = state[name];
  if (name === 'is_active' && typeof value === 'boolean') {
    return t(value ? 'versions.on' : 'versions.off');
  }
  if (name === 'language' && 'question' in state) return languageName(value as string | null);
  return typeof value === 'string' ? value : '';
}
