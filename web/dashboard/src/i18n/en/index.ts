/**
 * Every English text of the dashboard, one file an area, and so the list of all keys. `fr/` must have the same ones: the
 * type `Texts` and `i18n.test.ts` see to that. What the first pages do not show
 * is in `later.ts`. `{name}` is filled in; `{ one, other }` is chosen by `count`.
 */
import { app } from './app';
import { auth } from './auth';
import { inbox } from './inbox';
import type { later } from './later';

export const en = {
  ...app,
  ...auth,
  ...inbox,
} as const;

/** A text that depends on a number; the forms are those of `Intl.PluralRules`. */
export interface Plural {
  one: string;
  other: string;
}

export type English = typeof en & typeof later;

/** The shape that every language has to have. */
export type Texts = { [Key in keyof English]: English[Key] extends string ? string : Plural };
