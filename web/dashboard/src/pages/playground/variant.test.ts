import { expect, it } from 'vitest';
import type { AgentPrompt } from '$lib/data/playground';
import { overridesOf, readVariant } from './variant';

const address = new URLSearchParams('a.threshold=0.6&a.prompt=own&b.model=none&b.prompt=p1');
const read = (name: 'a' | 'b') => readVariant(name, (key) => address.get(key) ?? '');
const library = [{ id: 'p1', system_prompt: 'Be brief.' }] as AgentPrompt[];

it('sends only what differs from the channel', () => {
  expect(overridesOf(read('a'), library, 'Be kind.')).toEqual({
    threshold: 0.6,
    personality_prompt: 'Be kind.',
  });
  expect(overridesOf(read('b'), library, '')).toEqual({
    credential_id: 'none',
    personality_prompt: 'Be brief.',
  });
});
