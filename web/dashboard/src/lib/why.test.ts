import { afterAll, describe, expect, it } from 'vitest';
import { loadLaterTexts, setLanguage } from '../i18n/index.svelte';
import { whyText } from './why';

describe('why a reply waits', () => {
  afterAll(() => setLanguage('en'));

  it('is told in the language on screen where the reason is our own', async () => {
    await loadLaterTexts();
    await setLanguage('fr');
    const unreachable = { code: 'no_connection', reason: 'no connection could be made' };
    expect(whyText(unreachable)).toBe('Aucune connexion avec le fournisseur n’a abouti.');
    const answered = { code: 'status_503', reason: 'The address answered with status 503.' };
    expect(whyText(answered)).toBe('L’adresse a répondu par le statut 503.');
    await setLanguage('en');
    expect(whyText(answered)).toBe('The address answered with status 503.');
  });

  it('is told in the vendor’s words where it is the vendor’s', () => {
    expect(whyText({ code: '131009', reason: 'Parameter value is not valid' })).toBe(
      'Parameter value is not valid',
    );
    expect(whyText({ code: null, reason: null })).toBe('');
  });
});
