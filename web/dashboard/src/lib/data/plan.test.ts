import { describe, expect, it } from 'vitest';
import {
  runningOut,
  trialEnd,
  type PlanLevel,
  type PlanResource,
  type WorkspacePlan,
} from './plan';

function plan(levels: Partial<Record<PlanResource, PlanLevel>>, end?: string): WorkspacePlan {
  const uses = Object.entries(levels).map(([resource, level]) => ({
    resource: resource as PlanResource,
    level,
    used: 1,
    most: 1,
    stops_at: 1,
  }));
  return { plan: 'basic', status: 'trial', trial_ends_at: end ?? null, renews_on: null, uses };
}

describe('a plan', () => {
  it('speaks of what runs out, and not of seats that are all taken', () => {
    const found = runningOut(
      plan({ messages: 'near', seats: 'used_up', channels: 'used_up', storage: 'fine' }),
    );
    expect(found.map(({ resource }) => resource)).toEqual(['messages']);
  });

  it('speaks of a trial in its last week', () => {
    const end = '2026-03-20T00:00:00Z';
    expect(trialEnd(plan({}, end), Date.parse('2026-03-12T00:00:00Z'))).toBeNull();
    expect(trialEnd(plan({}, end), Date.parse('2026-03-14T00:00:00Z'))).toBe(end);
    expect(trialEnd(plan({}), Date.parse(end))).toBeNull();
  });
});
