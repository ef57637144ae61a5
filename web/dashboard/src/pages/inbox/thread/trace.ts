/** What the trace says about the entries that were considered; it is stored as the server saw it then. */
export interface TracedCandidate {
  title: string;
  /** How likely it was the right one, 0 to 1; null where an older trace does not say. */
  share: number | null;
}

export function candidatesOf(stored: readonly unknown[]): TracedCandidate[] {
  return stored.map((one) => {
    const { title, probability } = (one ?? {}) as { title?: unknown; probability?: unknown };
    return {
      title: typeof title === 'string' ? title : '–',
      share: typeof probability === 'number' ? probability : null,
    };
  });
}
