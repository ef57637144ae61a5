/** What the list is narrowed to, as the address says it. The names are those of the API. */
import type { ClientFilter } from '$lib/crm/clients';
import { router } from '$lib/router.svelte';

const NAMES = [
  'q',
  'client_type',
  'lifecycle_stage',
  'lead_quality',
  'assigned_to',
  'tag',
  'source',
  'channel_id',
  'contact_id',
  'has_email',
  'has_phone',
  'created_from',
  'created_to',
  'last_contact_after',
  'last_contact_before',
  'follow_up',
  'min_revenue',
  'min_score',
] as const;

export const FIELD = 'field.';
export const STANDARD_SORT = '-last_contact_date';

function isFilter(name: string): boolean {
  return (NAMES as readonly string[]).includes(name) || name.startsWith(FIELD);
}

const PAGE = ['sort', 'columns', 'segment', 'new', 'import'];

/**
 * The filter within an address. Pure. What a segment says and the list does not know is asked, too, and refused there:
 * without it the segment would show everybody.
 */
export function filterOf(search: string): ClientFilter {
  const query = new URLSearchParams(search);
  const isKept = (name: string) => isFilter(name) || (query.has('segment') && !PAGE.includes(name));
  const entries = [...query].filter(([name, value]) => isKept(name) && value !== '');
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function currentFilter(): ClientFilter {
  return filterOf(router.search);
}

export function currentSort(): string {
  return router.query('sort') || STANDARD_SORT;
}

/** What a click on a column's head means: down first, then up. Pure. */
export function nextSort(sort: string, column: string): string {
  return sort === `-${column}` ? column : sort === column ? `-${column}` : firstSort(column);
}

/** Numbers and times begin with the largest, words with the first letter. */
function firstSort(column: string): string {
  return /(_date|_at|score|orders|revenue|value)$/.test(column) ? `-${column}` : column;
}

/** Values of one name: `lead,customer`. */
export function valuesOf(filter: ClientFilter, name: string): string[] {
  return filter[name]?.split(',').filter(Boolean) ?? [];
}

export function setFilter(changes: Record<string, string | null>): void {
  router.setQuery(changes);
}

export function toggleValue(filter: ClientFilter, name: string, value: string): void {
  const values = valuesOf(filter, name);
  const next = values.includes(value) ? values.filter((one) => one !== value) : [...values, value];
  setFilter({ [name]: next.join(',') });
}

/** Everything but the words searched for. */
export function clearFilter(): void {
  const filter = currentFilter();
  setFilter(Object.fromEntries(Object.keys(filter).map((name) => [name, null])));
}

/** The address of the list with a filter, an order and columns. Pure. */
export function listQuery(
  filter: ClientFilter,
  sort: string | null | undefined,
  columns: readonly string[],
  segment: string,
): string {
  const query = new URLSearchParams(filter);
  if (sort && sort !== STANDARD_SORT) query.set('sort', sort);
  if (columns.length > 0) query.set('columns', columns.join(','));
  if (segment) query.set('segment', segment);
  const text = query.toString();
  return text && `?${text}`;
}
