/** Two clients become one, and there is a way back for as long as its toast is there. */
import type { QueryClient } from '@tanstack/svelte-query';
import { sentence } from '$lib/api';
import { offerUndo } from '$lib/undo';
import { showToast } from '$lib/ui/toasts.svelte';
import { t } from '../../i18n/index.svelte';
import { changeClient, mergeClients, mergesQuery, undoMerge } from './clients';
import { clientName } from './name';
import type { Client, ClientPatch, ClientRow } from './types';

/** `chosen`: values of the other one that win over those of the one that stays. Throws `ApiError`. */
export async function mergeWithUndo(
  queries: QueryClient,
  kept: ClientRow,
  merged: ClientRow,
  chosen: ClientPatch | null = null,
): Promise<Client> {
  let result = await mergeClients(queries, kept.id, merged.id);
  if (chosen) result = await changeClient(queries, kept.id, chosen);
  const before = chosen && valuesBefore(kept, chosen);
  offerUndo(t('clients.mergedInto', { name: clientName(result) }), () => {
    takeApart(queries, kept.id, merged.id, before).catch((error: unknown) => {
      showToast(sentence(error));
    });
  });
  return result;
}

async function takeApart(
  queries: QueryClient,
  keptId: string,
  mergedId: string,
  before: ClientPatch | null,
): Promise<void> {
  const merges = await queries.fetchQuery({ ...mergesQuery(keptId), staleTime: 0 });
  const merge = merges.find(({ merged_id }) => merged_id === mergedId);
  // A colleague was faster.
  if (!merge) return;
  const back = await undoMerge(queries, keptId, merge.id);
  if (before) await changeClient(queries, keptId, before);
  showToast(t('clients.mergeUndone', { name: clientName(back) }));
}

function valuesBefore(kept: object, chosen: ClientPatch): ClientPatch {
  const known = kept as Record<string, unknown>;
  return Object.fromEntries(Object.keys(chosen).map((field) => [field, known[field] ?? null]));
}
