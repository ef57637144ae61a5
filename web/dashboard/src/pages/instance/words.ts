/** How the console says what was done. */
import type { OperatorAction, OperatorLogEntry } from '$lib/data/instance';
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
