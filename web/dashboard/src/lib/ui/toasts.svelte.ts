/** Short words about what was done, with an undo where there is one. Errors belong beside what failed, not here. */

export interface Toast {
  id: number;
  text: string;
  action?: { label: string; run: () => void };
}

const STAYS_MS = 6_000;
const current = $state<Toast[]>([]);
let nextId = 1;

export function toasts(): readonly Toast[] {
  return current;
}

/** Returns the id by which it can be taken away early. */
export function showToast(text: string, action?: Toast['action']): number {
  const id = nextId++;
  current.push({ id, text, ...(action && { action }) });
  setTimeout(() => {
    removeToast(id);
  }, STAYS_MS);
  return id;
}

export function removeToast(id: number): void {
  const index = current.findIndex((toast) => toast.id === id);
  if (index >= 0) current.splice(index, 1);
}
