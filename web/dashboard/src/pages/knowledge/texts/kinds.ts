/** The kinds of text: what each is called, and who may write it. The server decides. */
import type { ContentType } from '$lib/data/knowledge-bases';
import type { PlainKey } from '../../../i18n/index.svelte';
import { mayManage, mayWrite } from '../may';

export const kinds: Record<ContentType, { title: PlainKey; hint: PlainKey }> = {
  faq: { title: 'texts.faq', hint: 'texts.faqHint' },
  custom: { title: 'texts.custom', hint: 'texts.customHint' },
  system_prompt: { title: 'texts.systemPrompt', hint: 'texts.systemPromptHint' },
};

export function mayChange(kind: ContentType): boolean {
  return kind === 'system_prompt' ? mayManage() : mayWrite();
}
