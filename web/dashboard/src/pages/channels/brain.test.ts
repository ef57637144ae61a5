import { describe, expect, it } from 'vitest';
import type { ChannelBrain } from '$lib/data/brain';
import { brainToSend, draftOf, hasChanged, urlToTry } from './brain';

const brain: ChannelBrain = {
  kind: 'webhook',
  url: 'https://flows.example.com/webhook/chat',
  has_header: true,
  timeout_seconds: 30,
  falls_back: true,
};

describe('who answers', () => {
  it('leaves the stored header alone until it is filled in or dropped', () => {
    const draft = draftOf(brain);
    expect(brainToSend(draft)).not.toHaveProperty('header');
    expect(brainToSend({ ...draft, header: ' X-Key: 1 ' }).header).toBe('X-Key: 1');
    expect(brainToSend({ ...draft, header: 'X-Key: 1', dropsHeader: true }).header).toBe('');
  });

  it('says no more than who answers when that is the assistant', () => {
    expect(brainToSend({ ...draftOf(brain), kind: 'builtin' })).toEqual({ kind: 'builtin' });
  });

  it('has changed when something else would be sent than what is known', () => {
    const draft = draftOf(brain);
    expect(hasChanged(draft, brain)).toBe(false);
    expect(hasChanged({ ...draft, url: ` ${draft.url} ` }, brain)).toBe(false);
    expect(hasChanged({ ...draft, kind: 'builtin' }, brain)).toBe(true);
    expect(hasChanged({ ...draft, timeout: '31' }, brain)).toBe(true);
    expect(hasChanged({ ...draft, dropsHeader: true }, brain)).toBe(true);
  });

  it('tries another address only when there is one', () => {
    const draft = draftOf(brain);
    expect(urlToTry(draft, brain)).toBeUndefined();
    expect(urlToTry({ ...draft, url: '' }, brain)).toBeUndefined();
    expect(urlToTry({ ...draft, url: 'https://b.example.com' }, brain)).toBe(
      'https://b.example.com',
    );
  });
});
