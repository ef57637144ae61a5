/** Every section of the settings, one line each: its address, its texts, who may open it, its code. */
import BadgeEuro from '@lucide/svelte/icons/badge-euro';
import Bot from '@lucide/svelte/icons/bot';
import Building from '@lucide/svelte/icons/building-2';
import CalendarDays from '@lucide/svelte/icons/calendar-days';
import Clock from '@lucide/svelte/icons/clock';
import Gauge from '@lucide/svelte/icons/gauge';
import Handshake from '@lucide/svelte/icons/handshake';
import History from '@lucide/svelte/icons/history';
import KeyRound from '@lucide/svelte/icons/key-round';
import Layers from '@lucide/svelte/icons/layers';
import Mail from '@lucide/svelte/icons/mail';
import MessageSquareText from '@lucide/svelte/icons/message-square-text';
import Shield from '@lucide/svelte/icons/shield';
import ShieldCheck from '@lucide/svelte/icons/shield-check';
import Sparkles from '@lucide/svelte/icons/sparkles';
import TextSearch from '@lucide/svelte/icons/text-search';
import Tag from '@lucide/svelte/icons/tag';
import Tags from '@lucide/svelte/icons/tags';
import TextCursorInput from '@lucide/svelte/icons/text-cursor-input';
import UserRound from '@lucide/svelte/icons/user-round';
import UserRoundCheck from '@lucide/svelte/icons/user-round-check';
import Webhook from '@lucide/svelte/icons/webhook';
import Users from '@lucide/svelte/icons/users';
import type { Component } from 'svelte';
import type { PlainKey } from '../../i18n/index.svelte';
import type { Role } from '$lib/api';

/** What a section is given. Read only: shown, but this role may not change it. */
export interface SectionProps {
  isReadOnly: boolean;
}

/** A section that may always be changed takes nothing. */
type SectionComponent = Component<SectionProps> | Component<Record<string, never>>;

export interface Section {
  /** In the address. */
  id: string;
  title: PlainKey;
  hint: PlainKey;
  icon: Component<{ class?: string }>;
  group: 'business' | 'inbox' | 'sales' | 'technical' | 'you';
  /** Who may change it. Left out: everybody. */
  editors?: readonly Role[];
  /** Who may look at it; editors may anyway. */
  readers?: readonly Role[];
  load: () => Promise<{ default: SectionComponent }>;
}

const managers: readonly Role[] = ['owner', 'admin'];
const writers: readonly Role[] = ['owner', 'admin', 'agent'];
const all: readonly Role[] = ['owner', 'admin', 'agent', 'viewer'];

// prettier-ignore
export const sections: readonly Section[] = [
  { id: 'workspace', title: 'settings.workspace', hint: 'settings.workspaceHint', icon: Building, group: 'business', editors: managers, readers: all, load: () => import('./sections/Workspace.svelte') },
  { id: 'members', title: 'settings.members', hint: 'settings.membersHint', icon: Users, group: 'business', editors: managers, load: () => import('./sections/Members.svelte') },
  { id: 'plan', title: 'plan.title', hint: 'plan.hint', icon: Gauge, group: 'business', load: () => import('./sections/Plan.svelte') },
  { id: 'privacy', title: 'settings.privacy', hint: 'settings.privacyHint', icon: Shield, group: 'business', editors: managers, load: () => import('./sections/Privacy.svelte') },
  { id: 'labels', title: 'settings.labels', hint: 'settings.labelsHint', icon: Tag, group: 'inbox', editors: managers, readers: all, load: () => import('./sections/Labels.svelte') },
  { id: 'saved-replies', title: 'settings.replies', hint: 'settings.repliesHint', icon: MessageSquareText, group: 'inbox', editors: writers, readers: all, load: () => import('./sections/SavedReplies.svelte') },
  { id: 'hours', title: 'settings.hours', hint: 'settings.hoursHint', icon: Clock, group: 'inbox', editors: managers, readers: all, load: () => import('./sections/Hours.svelte') },
  { id: 'assignment', title: 'settings.assignment', hint: 'settings.assignmentHint', icon: UserRoundCheck, group: 'inbox', editors: managers, readers: all, load: () => import('./sections/Assignment.svelte') },
  { id: 'email', title: 'email.title', hint: 'email.hint', icon: Mail, group: 'inbox', editors: managers, load: () => import('./sections/Email.svelte') },
  { id: 'sales', title: 'salesSetup.title', hint: 'salesSetup.hint', icon: BadgeEuro, group: 'sales', editors: managers, readers: all, load: () => import('./sections/SalesSettings.svelte') },
  { id: 'sales-pipelines', title: 'pipelines.title', hint: 'pipelines.hint', icon: Handshake, group: 'sales', editors: managers, readers: all, load: () => import('./sections/Pipelines.svelte') },
  { id: 'sales-tags', title: 'salesSetup.tags', hint: 'salesSetup.tagsHint', icon: Tags, group: 'sales', editors: managers, readers: all, load: () => import('./sections/SalesTags.svelte') },
  { id: 'sales-fields', title: 'salesSetup.fields', hint: 'salesSetup.fieldsHint', icon: TextCursorInput, group: 'sales', editors: managers, readers: all, load: () => import('./sections/SalesFields.svelte') },
  { id: 'meetings', title: 'meetings.title', hint: 'meetings.hint', icon: CalendarDays, group: 'inbox', editors: managers, load: () => import('./sections/Meetings.svelte') },
  { id: 'ai-agent', title: 'agent.title', hint: 'agent.hint', icon: Sparkles, group: 'business', editors: managers, readers: all, load: () => import('./sections/AiAgent.svelte') },
  { id: 'models', title: 'settings.models', hint: 'settings.modelsHint', icon: Bot, group: 'technical', editors: managers, load: () => import('./sections/Models.svelte') },
  { id: 'model-versions', title: 'modelVersions.title', hint: 'modelVersions.hint', icon: Layers, group: 'technical', editors: managers, load: () => import('./sections/ModelVersions.svelte') },
  { id: 'search-model', title: 'searchModel.title', hint: 'searchModel.hint', icon: TextSearch, group: 'technical', editors: managers, readers: all, load: () => import('./sections/SearchModel.svelte') },
  { id: 'api-keys', title: 'settings.apiKeys', hint: 'settings.apiKeysHint', icon: KeyRound, group: 'technical', editors: managers, load: () => import('./sections/ApiKeys.svelte') },
  { id: 'webhooks', title: 'webhooks.title', hint: 'webhooks.hint', icon: Webhook, group: 'technical', editors: managers, load: () => import('./sections/Webhooks.svelte') },
  { id: 'audit', title: 'settings.audit', hint: 'settings.auditHint', icon: History, group: 'technical', editors: managers, load: () => import('./sections/AuditLog.svelte') },
  { id: 'profile', title: 'settings.profile', hint: 'settings.profileHint', icon: UserRound, group: 'you', load: () => import('./sections/Profile.svelte') },
  { id: 'security', title: 'settings.security', hint: 'settings.securityHint', icon: ShieldCheck, group: 'you', load: () => import('./sections/Security.svelte') },
];

export const groups = ['business', 'inbox', 'sales', 'technical', 'you'] as const;

export const groupTitles: Record<Section['group'], PlainKey> = {
  business: 'settings.groupBusiness',
  inbox: 'settings.groupInbox',
  sales: 'nav.sales',
  technical: 'settings.groupTechnical',
  you: 'settings.groupYou',
};

export function mayChange({ editors }: Section, role: Role): boolean {
  return editors?.includes(role) ?? true;
}

export function maySee(section: Section, role: Role): boolean {
  return mayChange(section, role) || (section.readers?.includes(role) ?? false);
}
