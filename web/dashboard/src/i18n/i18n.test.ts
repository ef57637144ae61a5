import { describe, expect, it } from 'vitest';
import { en as first, type Plural } from './en';
import { later } from './en/later';
import { fr } from './fr';
import { fill, language, setLanguage, t } from './index.svelte';

const en = { ...first, ...later };
const placeholders = (text: string | Plural) => {
  const forms = typeof text === 'string' ? text : text.other;
  return [...forms.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();
};

describe('texts', () => {
  it('has the same keys in both languages', () => {
    expect(Object.keys(fr).sort()).toEqual(Object.keys(en).sort());
  });

  it('has the same placeholders in both languages', () => {
    for (const key of Object.keys(en) as (keyof typeof en)[]) {
      expect(placeholders(fr[key]), key).toEqual(placeholders(en[key]));
    }
  });

  it('has no text that no page names', () => {
    const files = import.meta.glob<string>(
      ['../**/*.{svelte,ts}', '!./{en,fr}/**', '!**/*.test.ts'],
      {
        query: '?raw',
        import: 'default',
        eager: true,
      },
    );
    const code = Object.values(files).join('\n');
    // such as t(`home.${step}Hint`)
    const made = [...code.matchAll(/`(\w+\.)\$\{[^`}]*\}(\w*)`/g)];
    const named = new Set([...code.matchAll(/'([\w.]+)(?=')/g)].map(([, key]) => key));
    const isNamed = (key: string) =>
      named.has(key) ||
      made.some(([, start = '', end = '']) => key.startsWith(start) && key.endsWith(end));
    expect(Object.keys(en).filter((key) => !isNamed(key))).toEqual([]);
  });

  it('leaves no French text in English by mistake', () => {
    const sameInBoth = (Object.keys(en) as (keyof typeof en)[]).filter(
      (key) => fr[key] === en[key],
    );
    expect(sameInBoth.sort()).toEqual([
      'activities.client',
      'activities.type',
      'activityType.email',
      'activityType.note',
      'agent.description',
      'agents.title',
      'analytics.changePoints',
      'app.name',
      'audit.avatar',
      'audit.fieldConversations',
      'audit.fieldEmail',
      'audit.fieldNote',
      'audit.fieldQuestion',
      'audit.kindInvitation',
      'audit.kindWebhook',
      'auth.code',
      'auth.email',
      'automation.collections',
      'clientType.prospect',
      'clients.addNote',
      'clients.client',
      'clients.conversation',
      'clients.conversations',
      'clients.email',
      'clients.notes',
      'clients.score',
      'clients.scoreOf',
      'clients.segments',
      'clients.title',
      'clients.type',
      'clients.unnamed',
      'dealStage.qualification',
      'deals.client',
      'deals.description',
      'deals.fromTo',
      'deals.pipeline',
      'deals.wonService',
      'details.email',
      'documents.page',
      'documents.pages',
      'documents.passages',
      'documents.title',
      'email.kindConfirmation',
      'email.kindMention',
      'email.port',
      'email.title',
      'evaluation.question',
      'evaluation.questions',
      'evaluation.version',
      'event.system',
      'export.title',
      'fieldType.date',
      'firings.conversation',
      'gaps.conversation',
      'gaps.list',
      'home.conversations',
      'home.question',
      'home.traceSources',
      'inbox.list',
      'inbox.mentions',
      'install.shopify',
      'install.wordpress',
      'instance.title',
      'knowledge.active',
      'knowledge.languageAuto',
      'knowledge.languageShort',
      'knowledge.question',
      'leads.conversation',
      'leads.email',
      'leads.note',
      'ledger.conversation',
      'meetings.conversation',
      'meetings.duration',
      'modelVersions.note',
      'modelVersions.version',
      'nav.clients',
      'nav.install',
      'nav.instance',
      'noteType.general',
      'noteType.important',
      'palette.actions',
      'playground.chips',
      'playground.question',
      'products.description',
      'profile.notifications',
      'role.agent',
      'ruleChoice.qualification',
      'ruleField.page_url',
      'ruleField.question',
      'salesSetup.fieldType',
      'salesSetup.ofClients',
      'shortcuts.conversation',
      'texts.faq',
      'texts.history',
      'texts.version',
      'thread.messages',
      'thread.sources',
      'timeline.conversation',
      'timeline.note',
      'topics.conversations',
      'topics.messages',
      'trace.agent',
      'trainingSets.prompt',
      'transcripts.format',
      'transcripts.formatCrisp',
      'transcripts.formatCsv',
      'transcripts.formatIntercom',
      'transcripts.formatTidio',
      'transcripts.formatWhatsapp',
      'transcripts.formatZendesk',
      'transcripts.question',
      'upkeep.contradictions',
      'versions.by',
      'versions.description',
      'versions.question',
      'versions.title',
      'webhooks.secret',
      'webhooks.title',
      'websites.page',
      'widget.avatar',
      'widget.mobile',
      'widget.moment',
      'widget.position',
      'widget.question',
      'widget.title',
    ]);
  });
});

describe('t', () => {
  it('chooses the plural form and writes the number as the language does', () => {
    expect(fill(en['inbox.unread'], { count: 1 }, 'en')).toBe('1 unread message');
    expect(fill(en['inbox.unread'], { count: 1234 }, 'en')).toBe('1,234 unread messages');
    expect(fill(fr['inbox.unread'], { count: 0 }, 'fr')).toBe('0 message non lu');
  });

  it('does not read a placeholder inside a value again', () => {
    expect(fill('Hello {name}', { name: '{name}' }, 'en')).toBe('Hello {name}');
  });

  it('speaks the language that was chosen', async () => {
    await setLanguage('fr');
    expect([language(), t('app.save'), document.documentElement.lang]).toEqual([
      'fr',
      'Enregistrer',
      'fr',
    ]);
    await setLanguage('en');
    expect(t('app.save')).toBe('Save');
  });
});
