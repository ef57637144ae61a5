/** Keys by which models are called, where one is chosen. */
import type { Credential } from '$lib/api';
import { providers } from './providers';

/** `Shop key · OpenAI` */
export function keyName({ label, model, provider }: Credential): string {
  return `${label ?? model} · ${providers[provider].name}`;
}

/** Whether a provider trains models in a format that is spoken here. */
export function trains({ provider, is_active }: Credential): boolean {
  return is_active && (provider === 'openai' || provider === 'openai_compatible');
}

/** A number as people type it; nothing where there is none. */
export function numberOf(text: string): number | null {
  const value = Number.parseFloat(text.replace(',', '.'));
  return Number.isFinite(value) ? value : null;
}
