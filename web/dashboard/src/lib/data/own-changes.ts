/**
 * Conversations that were changed here a moment ago. The list does not move under the pointer for what others do,
 * but what somebody has just sent away must go, and what they did is no news to them.
 */
const REMEMBERED_MS = 5_000;

class OwnChanges {
  readonly #at = new Map<string, number>();

  add(id: string): void {
    this.#at.set(id, Date.now());
  }

  has(id: string): boolean {
    return Date.now() - (this.#at.get(id) ?? 0) < REMEMBERED_MS;
  }
}

export const ownChanges = new OwnChanges();
