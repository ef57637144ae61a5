/** The six colours of a label: how they look, and what they are called. */
import type { LabelColor } from '$lib/data/inbox-settings';
import type { PlainKey } from '../../../i18n/index.svelte';

export const colorLooks: Record<LabelColor, string> = {
  gray: 'bg-surface-2 text-text-2',
  red: 'bg-danger-soft text-danger-text',
  amber: 'bg-warning-soft text-warning-text',
  green: 'bg-success-soft text-success-text',
  blue: 'bg-info-soft text-info-text',
  violet: 'bg-ai-soft text-ai-text',
};

export const colorNames: Record<LabelColor, PlainKey> = {
  gray: 'labels.gray',
  red: 'labels.red',
  amber: 'labels.amber',
  green: 'labels.green',
  blue: 'labels.blue',
  violet: 'labels.violet',
};
