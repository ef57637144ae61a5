/** The parts of the gap queue, as they stand in the address. */
export const parts = ['open', 'resolved', 'dismissed', 'effect'] as const;
export type Part = (typeof parts)[number];
