/** What the business says about its sales: tags, fields of its own, segments, currency, who becomes a client. */
import { queryOptions, type QueryClient } from '@tanstack/svelte-query';
import type { components } from '$shared/api/schema';
import { api, ask } from '../api';
import { refreshSales, salesKey } from './keys';
import type { CustomField, SalesSettings } from './types';

type Schemas = components['schemas'];
export type NewTag = Schemas['NewCrmTag'];
export type NewField = Schemas['NewCustomField'];
/** The schema calls the filter an empty object. */
export type SegmentDraft = Omit<Required<Schemas['NewSegment']>, 'filter'> & {
  filter: Record<string, string>;
};
export type SettingsPatch = Schemas['CrmSettingsPatch'];
export type FieldEntity = CustomField['entity'];

const LONG_MS = 10 * 60_000;

export function tagsQuery() {
  return queryOptions({
    queryKey: salesKey('tags'),
    staleTime: LONG_MS,
    queryFn: async ({ signal }) => (await ask(api.GET('/api/v1/crm/tags', { signal }))).items,
  });
}

/** Adds a tag, or changes the one with this id, everywhere it is used. */
export async function saveTag(client: QueryClient, id: string | null, body: NewTag): Promise<void> {
  await (id
    ? ask(api.PATCH('/api/v1/crm/tags/{id}', { params: { path: { id } }, body }))
    : ask(api.POST('/api/v1/crm/tags', { body })));
  await refreshSales(client);
}

export async function deleteTag(client: QueryClient, id: string): Promise<void> {
  await ask(api.DELETE('/api/v1/crm/tags/{id}', { params: { path: { id } } }));
  await refreshSales(client);
}

export function fieldsQuery(entity: FieldEntity) {
  return queryOptions({
    queryKey: salesKey('fields', entity),
    staleTime: LONG_MS,
    queryFn: async ({ signal }) =>
      (await ask(api.GET('/api/v1/crm/fields', { params: { query: { entity } }, signal }))).items,
  });
}

export async function createField(client: QueryClient, body: NewField): Promise<void> {
  await ask(api.POST('/api/v1/crm/fields', { body }));
  await refreshSales(client, 'fields');
}

export async function changeField(
  client: QueryClient,
  id: string,
  body: Schemas['CustomFieldPatch'],
): Promise<void> {
  await ask(api.PATCH('/api/v1/crm/fields/{id}', { params: { path: { id } }, body }));
  await refreshSales(client, 'fields');
}

export async function deleteField(client: QueryClient, id: string): Promise<void> {
  await ask(api.DELETE('/api/v1/crm/fields/{id}', { params: { path: { id } } }));
  await refreshSales(client);
}

export function segmentsQuery() {
  return queryOptions({
    queryKey: salesKey('segments'),
    staleTime: LONG_MS,
    queryFn: async ({ signal }) => (await ask(api.GET('/api/v1/crm/segments', { signal }))).items,
  });
}

export async function createSegment(client: QueryClient, draft: SegmentDraft) {
  const body = draft as Schemas['NewSegment'];
  const created = await ask(api.POST('/api/v1/crm/segments', { body }));
  await refreshSales(client, 'segments');
  return created;
}

export async function changeSegment(client: QueryClient, id: string, draft: SegmentDraft) {
  const body = draft as Schemas['SegmentPatch'];
  const params = { path: { id } };
  const changed = await ask(api.PATCH('/api/v1/crm/segments/{id}', { params, body }));
  await refreshSales(client, 'segments');
  return changed;
}

export async function deleteSegment(client: QueryClient, id: string): Promise<void> {
  await ask(api.DELETE('/api/v1/crm/segments/{id}', { params: { path: { id } } }));
  await refreshSales(client, 'segments');
}

export function salesSettingsQuery() {
  return queryOptions({
    queryKey: salesKey('settings'),
    staleTime: LONG_MS,
    queryFn: ({ signal }) => ask(api.GET('/api/v1/crm/settings', { signal })),
  });
}

export async function saveSalesSettings(
  client: QueryClient,
  body: SettingsPatch,
): Promise<SalesSettings> {
  const saved = await ask(api.PATCH('/api/v1/crm/settings', { body }));
  client.setQueryData(salesSettingsQuery().queryKey, saved);
  // the figures of clients are in the currency
  void refreshSales(client, 'clients', 'client', 'summary');
  return saved;
}
