/** What the sidebar and the bottom bar list, in their order. */
import BookOpen from '@lucide/svelte/icons/book-open';
import CircleQuestionMark from '@lucide/svelte/icons/circle-question-mark';
import FlaskConical from '@lucide/svelte/icons/flask-conical';
import MessageCircle from '@lucide/svelte/icons/message-circle';
import AlarmClock from '@lucide/svelte/icons/alarm-clock';
import ChartColumn from '@lucide/svelte/icons/chart-column';
import CalendarDays from '@lucide/svelte/icons/calendar-days';
import Handshake from '@lucide/svelte/icons/handshake';
import House from '@lucide/svelte/icons/house';
import Inbox from '@lucide/svelte/icons/inbox';
import Package from '@lucide/svelte/icons/package';
import Timer from '@lucide/svelte/icons/timer';
import Plug from '@lucide/svelte/icons/plug';
import Settings from '@lucide/svelte/icons/settings';
import ShoppingBag from '@lucide/svelte/icons/shopping-bag';
import Users from '@lucide/svelte/icons/users';
import Bot from '@lucide/svelte/icons/bot';
import type { Component } from 'svelte';
import type { PlainKey } from '../i18n/index.svelte';

export interface Destination {
  /** The page's name in `routes.ts`. */
  page: string;
  path: string;
  label: PlainKey;
  icon: Component<{ class?: string }>;
  /** Pressed after `g`. */
  key: string;
  /** Which number stands beside it. */
  badge?: Badge;
}

export type Badge = 'needsPerson' | 'gaps';

export interface Group {
  title?: PlainKey;
  /** Stands at the bottom of the column. */
  isLast?: boolean;
  destinations: Destination[];
}

export const navigation: Group[] = [
  {
    destinations: [
      { page: 'home', path: '/home', label: 'nav.home', icon: House, key: 'h' },
      {
        page: 'inbox',
        path: '/inbox',
        label: 'nav.inbox',
        icon: Inbox,
        key: 'i',
        badge: 'needsPerson',
      },
      {
        page: 'channels',
        path: '/channels',
        label: 'nav.channels',
        icon: Plug,
        key: 'm',
      },
      {
        page: 'automation',
        path: '/automation',
        label: 'nav.automation',
        icon: Bot,
        key: 'u',
      },
    ],
  },
  {
    title: 'nav.sales',
    destinations: [
      { page: 'clients', path: '/clients', label: 'nav.clients', icon: Users, key: 'c' },
      {
        page: 'activities',
        path: '/activities',
        label: 'nav.activities',
        icon: AlarmClock,
        key: 't',
      },
      {
        page: 'meetings',
        path: '/meetings',
        label: 'nav.meetings',
        icon: CalendarDays,
        key: 'e',
      },
      { page: 'leads', path: '/leads', label: 'nav.leads', icon: Timer, key: 'l' },
      { page: 'deals', path: '/deals', label: 'nav.deals', icon: Handshake, key: 'd' },
      { page: 'orders', path: '/orders', label: 'nav.orders', icon: ShoppingBag, key: 'o' },
      { page: 'products', path: '/products', label: 'nav.products', icon: Package, key: 'r' },
    ],
  },
  {
    title: 'nav.ai',
    destinations: [
      { page: 'knowledge', path: '/knowledge', label: 'nav.knowledge', icon: BookOpen, key: 'k' },
      {
        page: 'gaps',
        path: '/gaps',
        label: 'nav.gaps',
        icon: CircleQuestionMark,
        key: 'q',
        badge: 'gaps',
      },
      {
        page: 'playground',
        path: '/playground',
        label: 'nav.playground',
        icon: FlaskConical,
        key: 'p',
      },
      { page: 'widget', path: '/widget', label: 'nav.install', icon: MessageCircle, key: 'w' },
    ],
  },
  {
    title: 'nav.insight',
    destinations: [
      {
        page: 'analytics',
        path: '/analytics',
        label: 'nav.analytics',
        icon: ChartColumn,
        key: 'a',
      },
    ],
  },
  {
    isLast: true,
    destinations: [
      { page: 'settings', path: '/settings', label: 'nav.settings', icon: Settings, key: 's' },
    ],
  },
];

export const destinations = navigation.flatMap((group) => group.destinations);

/** Pages below a destination: they are tabs there, and the palette leads to them. */
export const parts: { path: string; label: PlainKey; of: PlainKey }[] = [
  { path: '/clients/duplicates', label: 'duplicates.title', of: 'nav.clients' },
  { path: '/knowledge/documents', label: 'documents.title', of: 'nav.knowledge' },
  { path: '/knowledge/websites', label: 'websites.title', of: 'nav.knowledge' },
  { path: '/knowledge/transcripts', label: 'transcripts.title', of: 'nav.knowledge' },
  { path: '/knowledge/texts', label: 'texts.title', of: 'nav.knowledge' },
  { path: '/knowledge/upkeep', label: 'upkeep.title', of: 'nav.knowledge' },
  { path: '/knowledge/versions', label: 'versions.title', of: 'nav.knowledge' },
  { path: '/knowledge/evaluation', label: 'evaluation.title', of: 'nav.knowledge' },
  { path: '/analytics/ai', label: 'analyticsPage.ai', of: 'nav.analytics' },
  { path: '/analytics/topics', label: 'analyticsPage.topics', of: 'nav.analytics' },
  { path: '/analytics/knowledge', label: 'analyticsPage.knowledge', of: 'nav.analytics' },
  { path: '/analytics/team', label: 'analyticsPage.team', of: 'nav.analytics' },
  { path: '/analytics/channels', label: 'analyticsPage.channels', of: 'nav.analytics' },
  { path: '/analytics/sales', label: 'analyticsPage.sales', of: 'nav.analytics' },
  { path: '/analytics/usage', label: 'analyticsPage.usage', of: 'nav.analytics' },
];

/** What the bottom bar of a phone has room for; the rest is in its menu. */
export const onPhone: readonly string[] = ['inbox', 'gaps', 'knowledge', 'widget'];
