/** What the orders are narrowed to, as the address says it. */
import { router } from '$lib/router.svelte';
import { filterOf } from '../data/address';
import type { Filter } from '../data/types';

export const NAMES = ['q', 'status', 'currency', 'date_from', 'date_to', 'min_total'] as const;
export const currentFilter = (): Filter => filterOf(NAMES);
export const currentSort = () => router.query('sort') || '-order_date';
