/** How the console says what was done, and how a workspace is. */
import type { OperatorAction, OperatorLogEntry, TenantRow } from '$lib/data/instance';
import type { Plan } from '$lib/data/plan';
import { planNames } from '$lib/plan-words';
import { t, type PlainKey } from '../../i18n/index.svelte';

const actionNames: Record<OperatorAction, PlainKey> = {
  operator_added: 'instance.operatorAdded',
  operator_removed: 'instance.operatorRemoved',
  tenant_created: 'instance.tenantCreated',
  tenant_suspended: 'instance.tenantSuspended',
  tenant_resumed: 'instance.tenantResumed',
  tenant_deleted: 'instance.tenantDeleted',
  tenant_visited: 'instance.tenantVisited',
  tenant_plan_changed: 'instance.tenantPlanChanged',
  plan_changed: 'instance.planChanged',
  demo_created: 'demos.created',
  demo_deleted: 'demos.deleted',
};

/** An action of a newer server is shown by its name. */
export function actionText({ action }: OperatorLogEntry): string {
  return action in actionNames ? t(actionNames[action]) : String(action).replaceAll('_', ' ');
}

export function actorText({ actor, actor_name }: OperatorLogEntry): string {
  if (actor === 'command_line') return t('instance.commandLine');
  if (actor === 'system') return t('instance.system');
  return actor_name ?? t('instance.formerOperator');
}

export const statusNames: Record<string, PlainKey> = {
  trial: 'instance.statusTrial',
  active: 'instance.statusActive',
  suspended: 'instance.statusSuspended',
  cancelled: 'instance.statusCancelled',
};

type Known = Pick<TenantRow, 'status' | 'plan' | 'is_active'>;

export function statusText({ status }: Known): string {
  const key = statusNames[status];
  return key ? t(key) : status;
}

export function statusKind({ status, is_active }: Known): 'success' | 'info' | 'warning' {
  if (!is_active) return 'warning';
  return status === 'trial' ? 'info' : 'success';
}

export function planText({ plan }: Known): string {
  return plan in planNames ? t(planNames[plan as Plan]) : plan;
}

/** How many things fail there. */
export function failures({ figures }: TenantRow): number {
  if (!figures) return 0;
  return figures.failed_jobs + figures.failing_webhooks + figures.failing_channels;
}
