/** What stands in the rows of the audit log, field by field: its name, and how its value reads. */
import { locale, t, type PlainKey } from '../../../i18n/index.svelte';
import { kindName } from '$lib/channel-kind';
import { planNames } from '$lib/plan-words';
import { providers, type Provider } from './providers';
import { roleNames } from './roles';
import { scopeNames } from './scopes';
import { permissionNames, toolNames } from '$lib/tool-words';
import { disabledTexts, eventNames } from './webhook-words';
import { dayName, days, type Day } from './week';

export const fieldNames: Partial<Record<string, PlainKey>> = {
  name: 'audit.fieldName',
  email: 'audit.fieldEmail',
  role: 'audit.fieldRole',
  language: 'audit.fieldLanguage',
  time_zone: 'audit.fieldTimeZone',
  path: 'audit.fieldPath',
  method: 'audit.fieldMethod',
  note: 'audit.fieldNote',
  hours: 'audit.fieldGrantedHours',
  website_url: 'audit.fieldWebsite',
  privacy_url: 'audit.fieldPrivacy',
  business_hours: 'audit.fieldHours',
  holidays: 'audit.fieldHolidays',
  mode: 'audit.fieldMode',
  capacity: 'audit.fieldCapacity',
  first_reply_minutes: 'audit.fieldFirstReply',
  resolution_minutes: 'audit.fieldResolution',
  ask_rating: 'audit.fieldRating',
  provider: 'audit.fieldProvider',
  kind: 'audit.fieldKind',
  fields: 'audit.fieldFields',
  model: 'audit.fieldModel',
  label: 'audit.fieldLabel',
  is_default: 'audit.fieldDefault',
  is_active: 'audit.fieldActive',
  input_price: 'audit.fieldInputPrice',
  output_price: 'audit.fieldOutputPrice',
  scopes: 'audit.fieldScopes',
  expires_at: 'audit.fieldExpires',
  conversations: 'audit.fieldConversations',
  question: 'audit.fieldQuestion',
  changed: 'audit.fieldPairs',
  gaps: 'audit.fieldGaps',
  settings: 'audit.fieldSettings',
  personality_prompt: 'agent.prompt',
  confidence_threshold: 'agent.threshold',
  imported: 'audit.fieldImported',
  updated: 'audit.fieldUpdated',
  errors: 'audit.fieldErrors',
  purpose: 'audit.fieldPurpose',
  is_hidden: 'audit.fieldHidden',
  url: 'audit.fieldUrl',
  description: 'audit.fieldDescription',
  event_types: 'audit.fieldEvents',
  is_enabled: 'audit.fieldEnabled',
  reason: 'audit.fieldReason',
  tool: 'audit.fieldTool',
  order_number: 'audit.fieldOrder',
  overlap_hours: 'audit.fieldOverlap',
  rows: 'audit.fieldRows',
  plan: 'plans.choose',
  trial_ends_at: 'audit.fieldTrial',
  ...toolNames,
};

/** Values that are names in the API. */
const words: Record<string, Record<string, PlainKey>> = {
  role: roleNames,
  scopes: scopeNames,
  mode: { manual: 'assignment.manual', round_robin: 'assignment.roundRobin' },
  event_types: eventNames,
  reason: disabledTexts,
  tool: toolNames,
  plan: planNames,
  ...Object.fromEntries(Object.keys(toolNames).map((tool) => [tool, permissionNames])),
  purpose: { avatar: 'audit.avatar', icon: 'audit.icon', attachment: 'audit.attachment' },
};

export function valueText(field: string, value: unknown): string {
  if (field === 'business_hours') return hoursText(value as Hours | null);
  if (Array.isArray(value)) return listText(field, value);
  if (value == null || value === '') return '–';
  if (typeof value === 'boolean') return t(value ? 'audit.yes' : 'audit.no');
  if (typeof value === 'number') return value.toLocaleString(locale());
  const text = value as string;
  const word = words[field]?.[text];
  if (word) return t(word);
  if (field === 'provider') return providers[text as Provider].name;
  if (field === 'language') {
    return new Intl.DisplayNames(locale(), { type: 'language' }).of(text) ?? text;
  }
  if (field === 'kind') return kindName(text);
  return ['expires_at', 'holidays', 'trial_ends_at'].includes(field) ? dateText(text) : text;
}

function listText(field: string, values: unknown[]): string {
  if (field === 'settings') return values.length.toLocaleString(locale());
  return values.map((one) => valueText(field, one)).join(', ') || t('audit.nobody');
}

function dateText(iso: string): string {
  return new Date(iso).toLocaleDateString(locale(), { dateStyle: 'medium', timeZone: 'UTC' });
}

type Hours = Partial<Record<Day, [string, string][]>>;

/** `Monday–Friday 09:00–17:00, Saturday 10:00–12:00`: days that are alike stand together. */
function hoursText(hours: Hours | null): string {
  if (!hours) return t('audit.alwaysOpen');
  const spans = (day: Day) => (hours[day] ?? []).map((span) => span.join('–')).join(', ');
  const runs: { first: Day; last: Day; open: string }[] = [];
  for (const day of days) {
    const [open, previous] = [spans(day), runs.at(-1)];
    if (previous?.open === open) previous.last = day;
    else runs.push({ first: day, last: day, open });
  }
  const named = runs.filter(({ open }) => open);
  const range = (first: Day, last: Day) =>
    [...new Set([first, last])].map((day) => dayName(day, locale())).join('–');
  return named.map(({ first, last, open }) => `${range(first, last)} ${open}`).join(', ');
}
