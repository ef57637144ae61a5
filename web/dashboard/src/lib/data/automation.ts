/** What happens by itself: rules with their log, keyword actions, and collections of texts. */
import { infiniteQueryOptions, queryOptions, type QueryClient } from '@tanstack/svelte-query';
import type { components } from '$shared/api/schema';
import { api, ask } from '../api';

type Schemas = components['schemas'];
export type Rule = Schemas['AutomationRule'];
export type RuleDraft = Schemas['RuleDraft'];
export type RuleAction = Schemas['RuleAction'];
export type RuleActionKind = Schemas['RuleActionKind'];
export type RuleCondition = Schemas['RuleCondition'];
export type RuleEventKind = Schemas['RuleEventKind'];
export type RuleEventFields = Schemas['RuleEventFields'];
export type RuleField = Schemas['RuleFieldWithOps'];
export type RuleOp = Schemas['RuleOp'];
export type RuleTrialResult = Schemas['RuleTrialResult'];
export type Firing = Schemas['Firing'];
export type FiringStatus = Schemas['FiringStatus'];
export type KeywordAction = Schemas['KeywordAction'];
export type KeywordActionType = Schemas['KeywordActionType'];
export type KeywordMatchType = Schemas['KeywordMatchType'];
export type NewKeywordAction = Schemas['NewKeywordAction'];
export type ContentCollection = Schemas['ContentCollection'];

const RULES = ['automation-rules'] as const;
const FIRINGS = ['automation-firings'] as const;
const KEYWORDS = ['keyword-actions'] as const;
const COLLECTIONS = ['content-collections'] as const;

const at = (id: string) => ({ params: { path: { id } } });

export function rulesQuery() {
  return queryOptions({
    queryKey: RULES,
    queryFn: async ({ signal }) =>
      (await ask(api.GET('/api/v1/automation/rules', { signal }))).items,
  });
}

/** What rules can wait for and read: the same for everybody. */
export function ruleFieldsQuery() {
  return queryOptions({
    queryKey: ['automation-fields'],
    queryFn: async ({ signal }) =>
      (await ask(api.GET('/api/v1/automation/fields', { signal }))).items,
    staleTime: Infinity,
  });
}

export async function saveRule(client: QueryClient, id: string | null, body: RuleDraft) {
  if (id) await ask(api.PATCH('/api/v1/automation/rules/{id}', { ...at(id), body }));
  else await ask(api.POST('/api/v1/automation/rules', { body }));
  await client.invalidateQueries({ queryKey: RULES });
}

export async function switchRule(client: QueryClient, id: string, is_active: boolean) {
  await ask(api.PATCH('/api/v1/automation/rules/{id}', { ...at(id), body: { is_active } }));
  await client.invalidateQueries({ queryKey: RULES });
}

export async function orderRules(client: QueryClient, ids: string[]) {
  await ask(api.POST('/api/v1/automation/rules/order', { body: { ids } }));
  await client.invalidateQueries({ queryKey: RULES });
}

export async function deleteRule(client: QueryClient, id: string): Promise<void> {
  await ask(api.DELETE('/api/v1/automation/rules/{id}', at(id)));
  await client.invalidateQueries({ queryKey: RULES });
}

/** What the rule would have done to what has happened. */
export function tryRule(rule: RuleDraft, rule_id: string | null): Promise<RuleTrialResult> {
  return ask(api.POST('/api/v1/automation/rules/dry-run', { body: { rule, rule_id } }));
}

export function firingsQuery(rule: string) {
  return infiniteQueryOptions({
    queryKey: [...FIRINGS, rule],
    queryFn: ({ pageParam, signal }) => {
      const query = { ...(rule && { rule_id: rule }), ...(pageParam && { cursor: pageParam }) };
      return ask(api.GET('/api/v1/automation/firings', { params: { query }, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor }) => next_cursor ?? null,
  });
}

export function keywordsQuery() {
  return queryOptions({
    queryKey: KEYWORDS,
    queryFn: async ({ signal }) =>
      (await ask(api.GET('/api/v1/automation/keyword-actions', { signal }))).items,
  });
}

export async function saveKeyword(client: QueryClient, id: string | null, draft: NewKeywordAction) {
  const { keyword, action_type, match_type, argument, is_active } = draft;
  const body = { keyword, action_type, match_type, argument, is_active };
  if (id) await ask(api.PATCH('/api/v1/automation/keyword-actions/{id}', { ...at(id), body }));
  else await ask(api.POST('/api/v1/automation/keyword-actions', { body: draft }));
  await client.invalidateQueries({ queryKey: KEYWORDS });
}

export async function orderKeywords(client: QueryClient, channel_id: string, ids: string[]) {
  await ask(api.POST('/api/v1/automation/keyword-actions/order', { body: { channel_id, ids } }));
  await client.invalidateQueries({ queryKey: KEYWORDS });
}

export async function deleteKeyword(client: QueryClient, id: string): Promise<void> {
  await ask(api.DELETE('/api/v1/automation/keyword-actions/{id}', at(id)));
  await client.invalidateQueries({ queryKey: KEYWORDS });
}

export function collectionsQuery() {
  return queryOptions({
    queryKey: COLLECTIONS,
    queryFn: async ({ signal }) =>
      (await ask(api.GET('/api/v1/automation/collections', { signal }))).items,
  });
}

type CollectionDraft = Pick<ContentCollection, 'channel_id' | 'collection_id' | 'name' | 'items'>;

export async function saveCollection(
  client: QueryClient,
  id: string | null,
  draft: CollectionDraft,
) {
  const { name, items } = draft;
  const body = { name, items };
  if (id) await ask(api.PATCH('/api/v1/automation/collections/{id}', { ...at(id), body }));
  else await ask(api.POST('/api/v1/automation/collections', { body: draft }));
  await client.invalidateQueries({ queryKey: COLLECTIONS });
}

export async function deleteCollection(client: QueryClient, id: string): Promise<void> {
  await ask(api.DELETE('/api/v1/automation/collections/{id}', at(id)));
  await client.invalidateQueries({ queryKey: COLLECTIONS });
}
