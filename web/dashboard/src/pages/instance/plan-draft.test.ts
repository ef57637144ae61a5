import { describe, expect, it } from 'vitest';
import { draftOfExceptions, draftOfPlan, exceptionsOf, limitsOf } from './plan-draft';

describe('fields of limits', () => {
  it('say what is stored, and the same again', () => {
    const limits = [
      { resource: 'messages', most: 500, grace_percent: 10 },
      { resource: 'seats', most: null, grace_percent: 0 },
      { resource: 'channels', most: 0, grace_percent: 0 },
      { resource: 'storage', most: null, grace_percent: 10 },
      { resource: 'ai_spend', most: 20, grace_percent: 100 },
    ] as const;
    expect(limitsOf(draftOfPlan([...limits]))).toEqual(limits);
  });

  it('tell an exception without a limit from none', () => {
    const exceptions = [
      { resource: 'messages', most: null },
      { resource: 'storage', most: 0 },
    ] as const;
    const plan = { plan: 'pro', status: 'active', exceptions: [...exceptions], uses: [] } as const;
    const draft = draftOfExceptions({ ...plan, exceptions: [...exceptions], uses: [] });
    expect(draft).toEqual({ messages: '-', seats: '', channels: '', storage: '0', ai_spend: '' });
    expect(exceptionsOf(draft)).toEqual(exceptions);
  });
});
