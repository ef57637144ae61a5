import { readFileSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import type { AuditEntry } from '$lib/api';
import { loadLaterTexts, setLanguage, type Language } from '../../../i18n/index.svelte';
import { actionText, actorText, detailsText } from './audit';

await loadLaterTexts();
afterEach(() => setLanguage('en'));

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

const document = JSON.parse(readFileSync('../openapi.json', 'utf8')) as {
  components: { schemas: { AuditAction: { enum: AuditEntry['action'][] } } };
};

it.each<Language>(['en', 'fr'])(
  'names everything that the server can write, in %s',
  async (one) => {
    await setLanguage(one);
    const actions = document.components.schemas.AuditAction.enum;
    const names = actions.map((action) => actionText(entry({ action })));
    expect(new Set(names).size).toBe(actions.length);
    expect(names.filter((name) => !/^[A-ZÉ]/.test(name))).toEqual([]);
  },
);

it('says what changed from what to what', async () => {
  const details = {
    name: { from: 'A', to: 'B' },
    email: { from: null, to: 'a@b.example' },
    language: { from: 'en', to: 'fr' },
  };
  expect(detailsText(entry({ details }))).toBe(
    'Name: A → B · E-mail: – → a@b.example · Language: English → French',
  );
  const roles = { name: 'Ana', from: 'agent', to: 'admin' };
  expect(detailsText(entry({ subject_name: 'Ana', details: roles }))).toBe(
    'Ana · Role: Agent → Admin',
  );
  await setLanguage('fr');
  expect(detailsText(entry({ details: roles }))).toBe('Ana · Rôle: Agent → Administrateur');
});

it('takes a channel’s settings apart, and cuts long texts', () => {
  const long = 'word '.repeat(60);
  const details = {
    settings: {
      from: { personality_prompt: 'Be kind.', confidence_threshold: 0.78, burst_window_ms: 1 },
      to: { personality_prompt: long, confidence_threshold: 0.9, burst_window_ms: 2 },
    },
  };
  expect(detailsText(entry({ details }))).toBe(
    `Personality prompt: Be kind. → ${long.slice(0, 120).trimEnd()}… · Confidence needed to answer: 0.78 → 0.9`,
  );
});

it('says inbox rules in words', () => {
  const workdays = ['monday', 'tuesday', 'wednesday'].map((day) => [day, [['09:00', '17:00']]]);
  const details = {
    business_hours: {
      from: null,
      to: { ...Object.fromEntries(workdays), friday: [['10:00', '12:00']], saturday: [] },
    },
    holidays: { from: [], to: ['2026-12-25'] },
    assignment: {
      from: { mode: 'manual', capacity: 10 },
      to: { mode: 'round_robin', capacity: 10 },
    },
    targets: {
      from: { first_reply_minutes: null, resolution_minutes: null },
      to: { first_reply_minutes: 15, resolution_minutes: null },
    },
    ask_rating: { from: true, to: false },
  };
  expect(detailsText(entry({ details })).split(' · ')).toEqual([
    'Business hours: always open → Monday–Wednesday 09:00–17:00, Friday 10:00–12:00',
    'Holidays: none → Dec 25, 2026',
    'New conversations: Stay unassigned → Are given out in turn',
    'First reply within (minutes): – → 15',
    'Ask how it was: yes → no',
  ]);
});

it('says what a key may do', () => {
  const details = { name: 'Shop', scopes: ['ask', 'knowledge:read'], expires_at: null };
  expect(detailsText(entry({ details }))).toBe(
    'Shop · May: Ask the assistant without storing anything, Read knowledge and gaps',
  );
});

it('names who is gone for what they were', () => {
  expect(actorText(entry({}))).toBe('A former member');
  expect(actorText(entry({ actor: 'api_key:1' }))).toBe('A revoked key');
  expect(actorText(entry({ actor: 'system' }))).toBe('Rapport');
});
