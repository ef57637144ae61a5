/** What the deals are narrowed to, as the address says it. */
import { router } from '$lib/router.svelte';
import { filterOf } from '../data/address';
import type { Filter } from '../data/types';

const ON_BOARD = ['q', 'pipeline_id', 'owner_id', 'tag'] as const;
export const IN_TABLE = [
  'q',
  'pipeline_id',
  'owner_id',
  'tag',
  'stage',
  'is_open',
  'is_stale',
  'currency',
  'min_value',
  'close_from',
  'close_to',
] as const;

export const boardFilter = (): Filter => filterOf(ON_BOARD);
export const tableFilter = (): Filter => filterOf(IN_TABLE);
export const currentView = () => (router.query('view') === 'table' ? 'table' : 'board');
export const currentSort = () => router.query('sort') || '-created_at';
