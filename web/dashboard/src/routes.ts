/** Every page of the dashboard: its address, its title, its code. To add one, add a line here and one in `shell/navigation.ts`. */
import type { Component } from 'svelte';
import { withTexts, type PlainKey } from './i18n/index.svelte';
import type { Pattern } from './lib/address';

export interface PageProps {
  /** What is open on the page. */
  id?: string;
  /** Which of several that share an address. */
  page?: string;
  /** Of an invitation. */
  token?: string;
}

type PageComponent = Component<PageProps> | Component<Record<string, never>>;

export interface Page extends Pattern {
  title: PlainKey;
  /** For people who are not signed in. */
  isPublic?: boolean;
  /** For people who are signed in as well. */
  isForAll?: boolean;
  load: () => Promise<{ default: PageComponent }>;
}

export const pages: readonly Page[] = [
  {
    name: 'sign-in',
    path: '/sign-in',
    title: 'auth.signIn',
    isPublic: true,
    load: () => import('./pages/auth/SignIn.svelte'),
  },
  {
    name: 'sign-up',
    path: '/sign-up',
    title: 'auth.signUp',
    isPublic: true,
    load: () => import('./pages/auth/SignUp.svelte'),
  },
  {
    name: 'home',
    path: '/:tenant/home',
    title: 'nav.home',
    load: withTexts(() => import('./pages/home/Home.svelte')),
  },
  {
    name: 'join',
    path: '/join/:token',
    title: 'auth.join',
    isPublic: true,
    isForAll: true,
    load: withTexts(() => import('./pages/auth/Join.svelte')),
  },
  {
    name: 'inbox',
    path: '/:tenant/inbox/:id?',
    title: 'inbox.title',
    load: () => import('./pages/inbox/Inbox.svelte'),
  },
  {
    name: 'connect',
    path: '/:tenant/channels/new/:id?',
    title: 'channels.connect',
    load: withTexts(() => import('./pages/channels/ConnectPage.svelte')),
  },
  {
    name: 'channels',
    path: '/:tenant/channels/:id?',
    title: 'nav.channels',
    load: withTexts(() => import('./pages/channels/Channels.svelte')),
  },
  {
    name: 'clients',
    path: '/:tenant/clients',
    title: 'nav.clients',
    load: withTexts(() => import('./pages/clients/Clients.svelte')),
  },
  {
    name: 'duplicates',
    path: '/:tenant/clients/duplicates',
    title: 'duplicates.title',
    load: withTexts(() => import('./pages/clients/duplicates/Duplicates.svelte')),
  },
  {
    name: 'client',
    path: '/:tenant/clients/:id',
    title: 'nav.clients',
    load: withTexts(() => import('./pages/clients/ClientPage.svelte')),
  },
  {
    name: 'activities',
    path: '/:tenant/activities',
    title: 'nav.activities',
    load: withTexts(() => import('./pages/activities/Activities.svelte')),
  },
  {
    name: 'meetings',
    path: '/:tenant/meetings',
    title: 'nav.meetings',
    load: withTexts(() => import('./pages/meetings/Meetings.svelte')),
  },
  {
    name: 'deals',
    path: '/:tenant/deals',
    title: 'nav.deals',
    load: withTexts(() => import('./pages/sales/deals/Deals.svelte')),
  },
  {
    name: 'deal',
    path: '/:tenant/deals/:id',
    title: 'nav.deals',
    load: withTexts(() => import('./pages/sales/deal/DealPage.svelte')),
  },
  {
    name: 'orders',
    path: '/:tenant/orders/:id?',
    title: 'nav.orders',
    load: withTexts(() => import('./pages/sales/orders/Orders.svelte')),
  },
  {
    name: 'products',
    path: '/:tenant/products',
    title: 'nav.products',
    load: withTexts(() => import('./pages/sales/products/Products.svelte')),
  },
  {
    name: 'automation',
    path: '/:tenant/automation',
    title: 'nav.automation',
    load: withTexts(() => import('./pages/automation/Automation.svelte')),
  },
  {
    name: 'leads',
    path: '/:tenant/leads',
    title: 'leads.title',
    load: withTexts(() => import('./pages/leads/Leads.svelte')),
  },
  {
    name: 'gaps',
    path: '/:tenant/gaps/:id?',
    title: 'gaps.title',
    load: withTexts(() => import('./pages/gaps/Gaps.svelte')),
  },
  {
    name: 'knowledge',
    path: '/:tenant/knowledge',
    title: 'knowledge.title',
    load: withTexts(() => import('./pages/knowledge/Knowledge.svelte')),
  },
  {
    name: 'documents',
    path: '/:tenant/knowledge/documents',
    title: 'documents.title',
    load: withTexts(() => import('./pages/knowledge/documents/Documents.svelte')),
  },
  {
    name: 'websites',
    path: '/:tenant/knowledge/websites',
    title: 'websites.title',
    load: withTexts(() => import('./pages/knowledge/websites/Websites.svelte')),
  },
  {
    name: 'transcripts',
    path: '/:tenant/knowledge/transcripts',
    title: 'transcripts.title',
    load: withTexts(() => import('./pages/knowledge/transcripts/Transcripts.svelte')),
  },
  {
    name: 'texts',
    path: '/:tenant/knowledge/texts',
    title: 'texts.title',
    load: withTexts(() => import('./pages/knowledge/texts/TextsPage.svelte')),
  },
  {
    name: 'upkeep',
    path: '/:tenant/knowledge/upkeep',
    title: 'upkeep.title',
    load: withTexts(() => import('./pages/knowledge/upkeep/UpkeepPage.svelte')),
  },
  {
    name: 'versions',
    path: '/:tenant/knowledge/versions',
    title: 'versions.title',
    load: withTexts(() => import('./pages/knowledge/versions/Versions.svelte')),
  },
  {
    name: 'version',
    path: '/:tenant/knowledge/versions/:id',
    title: 'versions.title',
    load: withTexts(() => import('./pages/knowledge/versions/VersionPage.svelte')),
  },
  {
    name: 'evaluation',
    path: '/:tenant/knowledge/evaluation',
    title: 'evaluation.title',
    load: withTexts(() => import('./pages/knowledge/evaluation/Evaluation.svelte')),
  },
  {
    name: 'evaluation-set',
    path: '/:tenant/knowledge/evaluation/:id',
    title: 'evaluation.setTitle',
    load: withTexts(() => import('./pages/knowledge/evaluation/SetPage.svelte')),
  },
  {
    name: 'widget',
    path: '/:tenant/widget/:id?',
    title: 'widget.title',
    load: withTexts(() => import('./pages/widget/Widget.svelte')),
  },
  {
    name: 'playground',
    path: '/:tenant/playground',
    title: 'playground.title',
    load: withTexts(() => import('./pages/playground/Playground.svelte')),
  },
  {
    name: 'analytics',
    path: '/:tenant/analytics/:page?',
    title: 'nav.analytics',
    load: withTexts(() => import('./pages/analytics/Analytics.svelte')),
  },
  {
    name: 'instance',
    path: '/_instance/:page?/:id?',
    title: 'nav.instance',
    load: withTexts(() => import('./pages/instance/Instance.svelte')),
  },
  {
    name: 'install',
    path: '/:tenant/install',
    title: 'install.title',
    load: withTexts(() => import('./pages/widget/InstallRedirect.svelte')),
  },
  {
    name: 'settings',
    path: '/:tenant/settings/:id?',
    title: 'settings.title',
    load: withTexts(() => import('./pages/settings/Settings.svelte')),
  },
];
