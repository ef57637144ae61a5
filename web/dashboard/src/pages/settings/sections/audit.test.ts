import { expect, it } from 'vitest';
import type { AuditEntry } from '$lib/api';
import { loadLaterTexts } from '../../../i18n/index.svelte';
import { actorText, detailsText } from './audit';

await loadLaterTexts();

const entry = (changes: object): AuditEntry => ({
  id: '1',
  actor: 'user:1',
  actor_name: null,
  action: 'member_removed',
  subject: null,
  subject_name: null,
  details: {},
  created_at: '2026-11-21T08:00:00Z',
  ...changes,
});

it('says what changed from what to what', () => {
  const details = { name: { from: 'A', to: 'B' }, email: { from: null, to: 'a@b.example' } };
  expect(detailsText(entry({ details }))).toBe('name: A → B · email: – → a@b.example');
});

it('does not say a name twice', () => {
  const details = { name: 'Ana', from: 'agent', to: 'admin' };
  expect(detailsText(entry({ subject_name: 'Ana', details }))).toBe(
    'Ana · from: agent · to: admin',
  );
});

it('names who is gone for what they were', () => {
  expect(actorText(entry({}))).toBe('A former member');
  expect(actorText(entry({ actor: 'api_key:1' }))).toBe('A revoked key');
  expect(actorText(entry({ actor: 'system' }))).toBe('Rapport');
});
