/** A file of clients: what its columns are, what each row would do, and doing it. */
import type { QueryClient } from '@tanstack/svelte-query';
import type { components } from '$shared/api/schema';
import { api, ask } from '../api';
import { refreshSales } from './keys';

type Schemas = components['schemas'];
export type ImportColumns = Schemas['ClientColumns'];
export type ImportReport = Schemas['ClientImportResult'];
export type ImportRequest = Schemas['ClientImport'];

/** A file of 10,000 rows takes longer than other calls. */
const IMPORT_MS = 5 * 60_000;
const slowly = (request: Request) => fetch(request, { signal: AbortSignal.timeout(IMPORT_MS) });

export function readColumns(csv: string): Promise<ImportColumns> {
  return ask(api.POST('/api/v1/crm/clients/import/columns', { body: { csv }, fetch: slowly }));
}

/** What the import would do, and what is wrong with which row. Nothing is written. */
export function tryImport(body: ImportRequest): Promise<ImportReport> {
  const tried = { ...body, dry_run: true };
  return ask(api.POST('/api/v1/crm/clients/import', { body: tried, fetch: slowly }));
}

export async function runImport(client: QueryClient, body: ImportRequest): Promise<ImportReport> {
  const report = await ask(api.POST('/api/v1/crm/clients/import', { body, fetch: slowly }));
  await refreshSales(client);
  return report;
}
