/** Ids as state; a little set, for the big one of Svelte costs a kilobyte at the start. */
export class IdSet {
  #ids = $state.raw<readonly string[]>([]);

  get size(): number {
    return this.#ids.length;
  }

  has(id: string): boolean {
    return this.#ids.includes(id);
  }

  add(...ids: string[]): void {
    this.#ids = [...this.#ids, ...ids.filter((id) => !this.has(id))];
  }

  delete(id: string): void {
    this.#ids = this.#ids.filter((one) => one !== id);
  }

  clear(): void {
    if (this.#ids.length > 0) this.#ids = [];
  }

  list(): string[] {
    return [...this.#ids];
  }
}
