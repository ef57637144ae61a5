/** Model versions in words. */
import type { ModelVersion } from '$lib/data/model-versions';
import { locale, t, type PlainKey } from '../../../i18n/index.svelte';

type Look = 'success' | 'info' | 'danger' | 'plain';

/** What a version is now, and the colour of that. */
export function stateOf({ status, is_active }: ModelVersion): { key: PlainKey; kind: Look } {
  if (is_active) return { key: 'modelVersions.active', kind: 'success' };
  switch (status) {
    case 'training':
      return { key: 'modelVersions.training', kind: 'info' };
    case 'failed':
      return { key: 'modelVersions.failed', kind: 'danger' };
    case 'cancelled':
      return { key: 'modelVersions.cancelled', kind: 'plain' };
    case 'deprecated':
      return { key: 'modelVersions.deprecated', kind: 'plain' };
    default:
      return { key: 'modelVersions.ready', kind: 'plain' };
  }
}

const origins: Record<ModelVersion['origin'], PlainKey> = {
  registered: 'modelVersions.registered',
  tuned: 'modelVersions.tuned',
  trained: 'modelVersions.trained',
};

/** `Writes answers · trained by the provider · from base-model · on “Spring”` */
export function factsOf(version: ModelVersion): string {
  const kind = version.kind === 'chat' ? 'modelVersions.chat' : 'modelVersions.retrieval';
  const base = version.base_model;
  return [
    t(kind),
    t(origins[version.origin]),
    base && base !== version.model_name && t('modelVersions.from', { model: base }),
    version.training_set_name && t('modelVersions.onSet', { name: version.training_set_name }),
  ]
    .filter(Boolean)
    .join(' · ');
}

const number = (value: number, digits = 4) =>
  new Intl.NumberFormat(locale(), { maximumFractionDigits: digits }).format(value);

/** What was measured: tokens and cost in words, all other numbers by the names that the provider gives them. */
export function measuresOf({ metrics }: ModelVersion): string[] {
  const { trained_tokens, training_cost, ...rest } = metrics as Record<string, unknown>;
  const asked = ['examples', 'estimated_tokens', 'epochs', 'suffix', 'training_price', 'step'];
  const told = Object.entries(rest).flatMap(([name, value]) =>
    typeof value === 'number' && !asked.includes(name)
      ? [`${name.replaceAll('_', ' ')} ${number(value)}`]
      : [],
  );
  return [
    ...(typeof trained_tokens === 'number'
      ? [t('modelVersions.trainedTokens', { count: number(trained_tokens) })]
      : []),
    ...(typeof training_cost === 'number'
      ? [t('modelVersions.cost', { cost: number(training_cost, 2) })]
      : []),
    ...told,
  ];
}
