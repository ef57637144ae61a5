/** Which agent of a channel has answered, as an answer's trace tells. */
import { t } from '../i18n/index.svelte';

interface AnsweringAgent {
  name: string;
  because?: string;
}

export function agentOf(notes: unknown): AnsweringAgent | null {
  return (notes as { agent?: AnsweringAgent } | null | undefined)?.agent ?? null;
}

export function agentText({ name, because }: AnsweringAgent): string {
  if (because === 'rule') return `${name} (${t('trace.agentRule')})`;
  if (because === 'stays') return `${name} (${t('trace.agentStays')})`;
  return name;
}
