/**
 * Texts and their language. `t('inbox.unread', { count: 2 })` is checked by the compiler: the key must exist and
 * every `{placeholder}` must be given. English ships with the first script, French in a chunk of its own.
 * Not a general message format: placeholders and plurals are all it knows.
 */
import { recall, remember } from '$lib/remember';
import { en, type English, type Plural, type Texts } from './en';

export type Language = 'en' | 'fr';
export type TextKey = keyof Texts;

/** In the order of the menu; each is named in its own language. */
export const languages: Record<Language, string> = { en: 'English', fr: 'Français' };

let laterTexts: Partial<Texts> = {};

const load: Record<Language, () => Promise<Texts>> = {
  // The later ones are added by `withTexts`.
  en: () => Promise.resolve({ ...en, ...laterTexts } as Texts),
  fr: async () => (await import('./fr')).fr,
};

const current = $state<{ language: Language; texts: Texts }>({
  language: 'en',
  texts: en as Partial<Texts> as Texts,
});

/** The language on screen. */
export function language(): Language {
  return current.language;
}

/** The locale for dates: that of the browser when it is one of the language on screen, such as en-GB. */
export function locale(): string {
  return navigator.languages.find((own) => own.startsWith(current.language)) ?? current.language;
}

/** Shows everything in another language and remembers it. */
export async function setLanguage(next: Language): Promise<void> {
  const texts = await load[next]();
  Object.assign(current, { language: next, texts });
  document.documentElement.lang = next;
  remember('language', next);
}

/** The language that was chosen before, else the browser's. */
export async function startLanguage(): Promise<void> {
  const wanted = recall('language') ?? navigator.language.slice(0, 2);
  await setLanguage(wanted === 'fr' ? 'fr' : 'en');
}

/** Loads a page together with the English texts that are not there from the start; other languages come whole. */
export function withTexts<Page>(load: () => Promise<Page>): () => Promise<Page> {
  return async () => {
    const [page] = await Promise.all([load(), loadLaterTexts()]);
    return page;
  };
}

export async function loadLaterTexts(): Promise<void> {
  const { later } = await import('./en/later');
  // Said again, they would be drawn again.
  if (laterTexts === later) return;
  laterTexts = later;
  if (current.language === 'en') current.texts = { ...current.texts, ...laterTexts };
}

type Placeholders<Text> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;
type Source<Key extends TextKey> = English[Key] extends { other: infer Other }
  ? Other
  : English[Key];
type IsPlural<Key extends TextKey> = English[Key] extends string ? never : 'count';
type Names<Key extends TextKey> = Placeholders<Source<Key>> | IsPlural<Key>;
type Values = Record<string, string | number>;
type Arguments<Key extends TextKey> = [Names<Key>] extends [never]
  ? []
  : [values: Record<Names<Key>, string | number>];

/** A key whose text needs no values, so that tables can name it. */
export type PlainKey = {
  [Key in TextKey]: [Names<Key>] extends [never] ? Key : never;
}[TextKey];

/** The text of `key` in the language on screen, with its placeholders filled in. Reactive. */
export function t<Key extends TextKey>(key: Key, ...[values]: Arguments<Key>): string {
  // '' only while the texts of a part that comes later are on their way.
  const text = (current.texts as Partial<Texts>)[key] ?? '';
  return fill(text, (values ?? {}) as Values, current.language);
}

/** Pure part of `t`, for tests. */
export function fill(text: string | Plural, values: Values, locale: Language): string {
  return form(text, values, locale).replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === 'number' ? new Intl.NumberFormat(locale).format(value) : value;
  });
}

function form(text: string | Plural, values: Values, locale: Language): string {
  if (typeof text === 'string') return text;
  const rule = new Intl.PluralRules(locale).select(Number(values.count));
  return rule === 'one' ? text.one : text.other;
}
