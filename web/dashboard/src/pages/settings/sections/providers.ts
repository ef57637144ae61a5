/** The providers of language models, by name, with a model to begin with. */
import type { Credential } from '$lib/api';

export type Provider = Credential['provider'];

export const providers: Record<Provider, { name: string; model: string }> = {
  openai: { name: 'OpenAI', model: 'gpt-5-mini' },
  anthropic: { name: 'Anthropic', model: 'claude-sonnet-4-5' },
  gemini: { name: 'Google Gemini', model: 'gemini-2.5-flash' },
  openai_compatible: { name: 'Ollama, vLLM, OpenAI-compatible', model: 'llama3.1' },
};
