/** What stands in the fields of a limit. Pure. */
import type { PlanLimit, TenantPlan } from '$lib/data/instance-plans';
import type { PlanResource } from '$lib/data/plan';

export const resources: readonly PlanResource[] = [
  'messages',
  'seats',
  'channels',
  'storage',
  'ai_spend',
];

/** An empty field is no limit; what is no number is sent as it is, and refused with the server's words. */
export function numberOf(text: string): number | null {
  const trimmed = text.trim();
  return trimmed === '' ? null : Number(trimmed);
}

export type PlanDraft = Record<PlanResource, { most: string; grace: string }>;

export function draftOfPlan(limits: PlanLimit[]): PlanDraft {
  const entries = limits.map(({ resource, most, grace_percent }) => [
    resource,
    { most: most == null ? '' : String(most), grace: String(grace_percent) },
  ]);
  return Object.fromEntries(entries) as PlanDraft;
}

export function limitsOf(draft: PlanDraft): PlanLimit[] {
  return resources.map((resource) => ({
    resource,
    most: numberOf(draft[resource].most),
    grace_percent: numberOf(draft[resource].grace) ?? 0,
  }));
}

/** A dash: no limit. Empty: no exception. */
export function draftOfExceptions({ exceptions }: TenantPlan): Record<PlanResource, string> {
  const entries = resources.map((resource) => {
    const found = exceptions.find((exception) => exception.resource === resource);
    return [resource, found ? String(found.most ?? '-') : ''];
  });
  return Object.fromEntries(entries) as Record<PlanResource, string>;
}

export function exceptionsOf(draft: Record<PlanResource, string>): TenantPlan['exceptions'] {
  return resources
    .filter((resource) => draft[resource].trim() !== '')
    .map((resource) => ({
      resource,
      most: ['-', '–'].includes(draft[resource].trim()) ? null : Number(draft[resource]),
    }));
}
