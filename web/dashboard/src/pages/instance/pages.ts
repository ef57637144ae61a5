/** The pages of the console, in the order of its tabs. To add one, add an entry. */
import type { Component } from 'svelte';
import type { PlainKey } from '../../i18n/index.svelte';

export interface InstancePage {
  /** In the address: `/app/_instance/<name>`. */
  name: string;
  title: PlainKey;
  load: () => Promise<{ default: Component<{ id?: string }> | Component<Record<string, never>> }>;
}

export const pages: readonly InstancePage[] = [
  { name: 'workspaces', title: 'instance.workspaces', load: () => import('./Workspaces.svelte') },
  { name: 'demos', title: 'demos.title', load: () => import('./Demos.svelte') },
  { name: 'plans', title: 'plans.title', load: () => import('./Plans.svelte') },
  { name: 'operators', title: 'instance.operators', load: () => import('./Operators.svelte') },
  { name: 'log', title: 'instance.log', load: () => import('./Log.svelte') },
];
