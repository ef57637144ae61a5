/** What a live event about sales makes be read again: whatever of it is on screen. Its keys are `crm/keys.ts`. */
import type { QueryClient } from '@tanstack/svelte-query';

const AGAIN_MS = 1_000;
let isWaiting = false;

/** In a second; many events in a row are one. */
export function refreshSalesSoon(client: QueryClient): void {
  if (isWaiting) return;
  isWaiting = true;
  setTimeout(() => {
    isWaiting = false;
    void client.invalidateQueries({ queryKey: ['sales'] }, { cancelRefetch: false });
  }, AGAIN_MS);
}
