/** What the palette offers without asking the server: actions of the open page, pages, and the shell's own settings. */
import { currentCommands } from '$lib/commands';
import { commandKey } from '$lib/platform';
import { router } from '$lib/router.svelte';
import { workspace, workspaceHref } from '$lib/session.svelte';
import { choose } from '$lib/preferences.svelte';
import { theme, type Theme } from '$lib/theme.svelte';
import { language, languages, t, type Language } from '../../i18n/index.svelte';
import { groupTitles, maySee, sections as settings } from '../../pages/settings/sections';
import { destinations, parts } from '../navigation';
import { keysOf, type Entry, type Section } from './entries';

interface Handlers {
  onshortcuts: () => void;
}

/** Read once, when the palette opens. `actionTitles` are the sections that `>` asks for. */
export function paletteSections({ onshortcuts }: Handlers): {
  sections: Section[];
  actionTitles: string[];
} {
  const here: Section = {
    title: t('palette.here'),
    entries: currentCommands().map(({ label, key, run }) =>
      entry(label, run, keysOf(key, commandKey)),
    ),
  };
  const goTo: Section = {
    title: t('palette.goTo'),
    entries: [
      ...destinations.map(({ label, key, path }) =>
        entry(t(label), to(path), keysOf(`g ${key}`, commandKey)),
      ),
      ...parts.map(({ label, path, of }) => entry(`${t(of)}: ${t(label)}`, to(path))),
    ],
  };
  const actions: Section = {
    title: t('palette.actions'),
    entries: [
      entry(t('clients.add'), to('/clients?new=1')),
      entry(t('activities.add'), to('/activities?activity=new')),
      entry(t('meetings.add'), to('/meetings?meeting=new')),
      entry(t('leads.add'), to('/leads?new=1')),
      entry(t('deals.add'), to('/deals?new=1')),
      entry(t('orders.add'), to('/orders?new=1')),
      entry(t('products.add'), to('/products?product=new')),
      ...languageEntries(),
      ...themeEntries(),
      entry(t('account.shortcuts'), onshortcuts, ['?']),
    ],
  };
  const { role } = workspace();
  const set: Section = {
    title: t('settings.title'),
    entries: settings
      .filter((section) => maySee(section, role))
      .map(({ id, title, group }) => ({
        // two sections of different groups may be called the same
        ...entry(`${t('settings.title')}: ${t(title)}`, to(`/settings/${id}`)),
        id,
        detail: t(groupTitles[group]),
      })),
  };
  return { sections: [here, goTo, actions, set], actionTitles: [here.title, actions.title] };
}

function to(path: string): () => void {
  return () => {
    router.navigate(workspaceHref(path));
  };
}

function languageEntries(): Entry[] {
  const others = (Object.keys(languages) as Language[]).filter((code) => code !== language());
  return others.map((code) =>
    entry(`${t('account.language')}: ${languages[code]}`, () => void choose({ language: code })),
  );
}

function themeEntries(): Entry[] {
  const names: Record<Theme, string> = {
    auto: t('account.themeAuto'),
    light: t('account.themeLight'),
    dark: t('account.themeDark'),
  };
  const others = (Object.keys(names) as Theme[]).filter((name) => name !== theme());
  return others.map((name) =>
    entry(`${t('account.theme')}: ${names[name]}`, () => {
      void choose({ theme: name });
    }),
  );
}

function entry(label: string, run: () => void, keys?: string[]): Entry {
  return { id: label, label, run, ...(keys && { keys }) };
}
