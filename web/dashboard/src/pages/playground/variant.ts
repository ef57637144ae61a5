/** Settings to try, as they stand in the address: `a.threshold=0.6&b.model=none`. An empty value means: as the channel. */
import type { AgentPrompt, PlaygroundQuestion } from '$lib/data/playground';

export type VariantName = 'a' | 'b';

export interface Variant {
  threshold: string;
  temperature: string;
  /** A credential's id or `none`. */
  model: string;
  chips: string;
  /** A prompt's id in the library, or `own` for a text written on the page. */
  prompt: string;
}

export const settings = ['threshold', 'temperature', 'model', 'chips', 'prompt'] as const;

export function readVariant(name: VariantName, query: (key: string) => string): Variant {
  const read = (setting: keyof Variant) => query(`${name}.${setting}`);
  return {
    threshold: read('threshold'),
    temperature: read('temperature'),
    model: read('model'),
    chips: read('chips'),
    prompt: read('prompt'),
  };
}

/** What the server is told. Pure. */
export function overridesOf(
  variant: Variant,
  library: readonly AgentPrompt[],
  ownPrompt: string,
): NonNullable<PlaygroundQuestion['overrides']> {
  const shared = library.find(({ id }) => id === variant.prompt)?.system_prompt;
  const prompt = variant.prompt === 'own' ? ownPrompt : shared;
  return {
    ...(variant.threshold && { threshold: Number(variant.threshold) }),
    ...(variant.temperature && { temperature: Number(variant.temperature) }),
    ...(variant.model && { credential_id: variant.model }),
    ...(variant.chips && { max_suggestion_chips: Number(variant.chips) }),
    ...(prompt !== undefined && { personality_prompt: prompt }),
  };
}
