/**
 * Every English text of the dashboard, one file an area, and so the list of all keys. `fr/` must have the same ones: the
 * type `Texts` and `i18n.test.ts` see to that. `{name}` is filled in; `{ one, other }` is chosen by `count`.
 */
import { app } from './app';
import { auth } from './auth';
import { inbox } from './inbox';
import { gaps } from './gaps';
import { knowledge } from './knowledge';
import { widget } from './widget';
import { home } from './home';
import { technical } from './technical';
import { people } from './people';
import { settings } from './settings';

export const en = {
  ...app,
  ...auth,
  ...inbox,
  ...gaps,
  ...knowledge,
  ...widget,
  ...home,
  ...technical,
  ...people,
  ...settings,
} as const;

/** A text that depends on a number; the forms are those of `Intl.PluralRules`. */
export interface Plural {
  one: string;
  other: string;
}

/** The shape that every language has to have. */
export type Texts = { [Key in keyof typeof en]: (typeof en)[Key] extends string ? string : Plural };
