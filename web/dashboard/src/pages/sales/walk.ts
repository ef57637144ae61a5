/** J and K in a table: the links or buttons marked `data-row` take the focus one after the other. */
import { shortcuts } from '$lib/shortcuts';

/** Returns the way to stop. */
export function walkRows(table: () => HTMLElement): () => void {
  const step = (by: number) => {
    const all = [...table().querySelectorAll<HTMLElement>('[data-row]')];
    const at = all.findIndex((row) => row === document.activeElement);
    all[Math.max(0, Math.min(all.length - 1, at + by))]?.focus();
  };
  return shortcuts({
    j: () => {
      step(1);
    },
    k: () => {
      step(-1);
    },
  });
}
