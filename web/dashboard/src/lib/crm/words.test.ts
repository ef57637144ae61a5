import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { loadLaterTexts, setLanguage } from '../../i18n/index.svelte';
import * as words from './words';

const lists = [
  [words.clientTypes, words.clientTypeName],
  [words.lifecycleStages, words.lifecycleName],
  [words.leadQualities, words.qualityName],
  [words.activityTypes, words.activityTypeName],
  [words.activityStatuses, words.activityStatusName],
  [words.priorities, words.priorityName],
  [words.noteTypes, words.noteTypeName],
  [words.fieldTypes, words.fieldTypeName],
  [words.dealStages, words.dealStageName],
  [words.orderStatuses, words.orderStatusName],
] as unknown as [string[], (value: string) => string][];

describe('words', () => {
  beforeAll(loadLaterTexts);
  afterEach(() => setLanguage('en'));

  it.each(['en', 'fr'] as const)(
    'names every choice, each differently, in %s',
    async (language) => {
      await setLanguage(language);
      for (const [values, name] of lists) {
        const names = values.map(name);
        expect(names).not.toContain('');
        expect(new Set(names).size).toBe(values.length);
      }
    },
  );

  it('offers choices in their order', () => {
    expect(words.optionsOf(words.priorities, words.priorityName)[0]).toEqual({
      value: 'low',
      label: 'Low',
    });
  });
});
