/** What a key can be allowed, with its meaning. The names are those of the API. */
import type { PlainKey } from '../../../i18n/index.svelte';

export const scopeNames = {
  'conversations:read': 'scope.conversationsRead',
  'conversations:write': 'scope.conversationsWrite',
  'knowledge:read': 'scope.knowledgeRead',
  'knowledge:write': 'scope.knowledgeWrite',
  ask: 'scope.ask',
  'crm:read': 'scope.crmRead',
  'crm:write': 'scope.crmWrite',
  'channels:manage': 'scope.channels',
  'credentials:manage': 'scope.credentials',
  'api_keys:manage': 'scope.apiKeys',
  'members:manage': 'scope.members',
  'workspace:manage': 'scope.workspace',
} as const satisfies Record<string, PlainKey>;

export type Scope = keyof typeof scopeNames;
