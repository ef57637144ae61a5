/** Sentences of the model that were left out of an answer, as its trace keeps them. */
const REASONS = ['figure', 'address', 'name', 'promise', 'opposite', 'words'] as const;

export interface LeftOut {
  sentence: string;
  why: (typeof REASONS)[number];
}

export function leftOutOf(notes: unknown): LeftOut[] {
  const stored = (notes as { unbacked?: unknown } | undefined)?.unbacked;
  if (!Array.isArray(stored)) return [];
  return stored.flatMap((one: unknown) => {
    const { sentence, why } = (one ?? {}) as { sentence?: unknown; why?: unknown };
    const known = REASONS.find((reason) => reason === why);
    return typeof sentence === 'string' && known ? [{ sentence, why: known }] : [];
  });
}
