/** What the table shows, read from the address and written back to it. */
import type { QaPairFilter, QaPairSort } from '$lib/data/knowledge';
import { sorts, sources } from '$lib/data/knowledge';
import { router } from '$lib/router.svelte';

/** The filter in the address bar. Reactive. */
export function currentFilter(): QaPairFilter {
  const [q, category, language] = ['q', 'category', 'language'].map((name) => router.query(name));
  const status = router.query('status');
  const source = sources.find((known) => known === router.query('source'));
  return {
    ...(q && { q }),
    ...(category && { category }),
    ...(language && { language }),
    ...(source && { source }),
    ...((status === 'on' || status === 'off') && { is_active: status === 'on' }),
  };
}

export function currentSort(): QaPairSort {
  return sorts.find((known) => known === router.query('sort')) ?? 'created';
}
