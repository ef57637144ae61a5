import { expect, it } from 'vitest';
import { LANGUAGES, localeFor } from './i18n.ts';

const placeholders = (text: string) => text.match(/\{\w+\}/g) ?? [];

it('says everything in every language, with the same placeholders', () => {
  const english = localeFor('en').texts;
  for (const language of LANGUAGES) {
    const { texts } = localeFor(language);
    expect(Object.keys(texts)).toEqual(Object.keys(english));
    for (const [key, text] of Object.entries(texts)) {
      expect(text, `${language} ${key}`).not.toBe('');
      const original = english[key as keyof typeof english];
      expect(placeholders(text), `${language} ${key}`).toEqual(placeholders(original));
    }
  }
});

it('chooses by the language, whatever the region', () => {
  for (const tag of ['fr', 'fr-BE', 'FR']) expect(localeFor(tag).lang).toBe('fr');
  for (const tag of ['en', 'en-GB', 'nl', 'fry', 'frr', '']) expect(localeFor(tag).lang).toBe('en');
});

it('keeps the writing direction of languages that it does not speak', () => {
  for (const tag of ['ar', 'ar-EG', 'he', 'fa-IR', 'ur']) {
    expect(localeFor(tag)).toMatchObject({ direction: 'rtl', lang: 'en' });
  }
  for (const tag of ['en', 'fr', 'arn', 'es-AR']) expect(localeFor(tag).direction).toBe('ltr');
});
