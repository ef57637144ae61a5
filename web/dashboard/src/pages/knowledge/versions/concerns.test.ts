import { describe, expect, it } from 'vitest';
import type { Backtest, VersionWithChanges } from '$lib/data/versions';
import { concernsOf, isFine } from './concerns';

const draft = (...outdated: boolean[]) =>
  ({
    changes: outdated.map((is_outdated) => ({ subject: 'qa_pair', is_outdated })),
  }) as VersionWithChanges;
const tried = (broken: number, is_current = true) => ({ broken, is_current }) as Backtest;

describe('concernsOf', () => {
  it('lets anything fine go', () => {
    expect(isFine(concernsOf(draft(false), null, 'free'))).toBe(true);
    expect(isFine(concernsOf(draft(false), tried(0), 'tested'))).toBe(true);
  });

  it('counts what breaks and what others have changed, and forbids neither where one is free', () => {
    const concerns = { broken: 2, outdated: 1, forbidden: null };
    expect(concernsOf(draft(true, false), tried(2), 'free')).toEqual(concerns);
  });

  it('holds to the rule', () => {
    expect(concernsOf(draft(), null, 'tested').forbidden).toBe('untested');
    expect(concernsOf(draft(), tried(0, false), 'tested').forbidden).toBe('untested');
    expect(concernsOf(draft(), tried(3), 'tested').forbidden).toBe('broken');
  });

  it.each(['agent_prompt', 'channel_prompt'])(
    'does not take a backtest for a trial: %s',
    (subject) => {
      const prompt = { changes: [{ subject }] } as VersionWithChanges;
      expect(concernsOf(prompt, tried(0), 'tested').forbidden).toBe('prompt');
      expect(concernsOf(prompt, tried(0), 'free').forbidden).toBeNull();
    },
  );

  it('does not count what an old backtest says', () => {
    expect(concernsOf(draft(), tried(3, false), 'free').broken).toBe(0);
  });
});
