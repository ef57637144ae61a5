import { afterAll, describe, expect, it } from 'vitest';
import { loadLaterTexts, setLanguage } from '../i18n/index.svelte';
import { reasonText } from './reason';

const reason = { code: 'status', params: { status: '500' }, said: null, text: 'English.' };
describe('a reason', () => {
  afterAll(() => setLanguage('en'));

  it('is told in the language on screen, with what fills it', async () => {
    await loadLaterTexts();
    await setLanguage('en');
    expect(reasonText(reason)).toBe('The workflow answered with the status 500.');
    await setLanguage('fr');
    expect(reasonText(reason)).toBe('Le workflow a répondu par le statut 500.');
  });

  it('is told in English where it is new, and not at all where it is a quotation', () => {
    expect(reasonText({ ...reason, code: 'of_tomorrow' })).toBe('English.');
    expect(reasonText({ ...reason, code: 'said', said: 'Words' })).toBe('');
  });
});
