import { describe, expect, it } from 'vitest';
import type { ModelVersion } from '$lib/data/model-versions';
import { loadLaterTexts } from '../../../i18n/index.svelte';
import { factsOf, measuresOf, stateOf } from './model-version-words';

await loadLaterTexts();

type Over = Omit<Partial<ModelVersion>, 'metrics'> & { metrics?: Record<string, number> };

const version = (over: Over) =>
  ({
    kind: 'chat',
    origin: 'tuned',
    status: 'ready',
    is_active: false,
    model_name: 'ft:base:shop',
    base_model: 'base',
    training_set_name: null,
    metrics: {},
    ...over,
  }) as ModelVersion;

describe('a version in words', () => {
  it('says that it is in use before all else', () => {
    expect(stateOf(version({ is_active: true })).key).toBe('modelVersions.active');
    expect(stateOf(version({ status: 'failed' })).kind).toBe('danger');
  });

  it('says where it comes from', () => {
    expect(factsOf(version({ training_set_name: 'Spring' }))).toBe(
      'Writes answers · trained by the provider · from base · on “Spring”',
    );
    expect(factsOf(version({ origin: 'registered', base_model: '' }))).toBe(
      'Writes answers · registered by hand',
    );
  });

  it('shows what was measured and not what was asked for', () => {
    const metrics = { trained_tokens: 1200, training_cost: 0.5, train_loss: 0.25, epochs: 2 };
    expect(measuresOf(version({ metrics }))).toEqual([
      '1,200 tokens trained',
      'cost 0.5',
      'train loss 0.25',
    ]);
  });
});
