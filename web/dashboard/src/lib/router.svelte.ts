/**
 * The address bar as state: its path and its query. Which page that is, `routes.ts` knows; who may see it, `App.svelte`.
 * Plain `<a href="/app/…">` elements are enough: clicks on them are taken over here.
 */

import { isOwnPath, withQuery } from './address';

/** Asked before a page with unsaved changes is left; it calls `goOn` when that is fine. */
export type LeaveGuard = (goOn: () => void) => void;

class Router {
  #pathname = $state(location.pathname);
  #search = $state(location.search);
  #guard: LeaveGuard | null = null;

  get pathname(): string {
    return this.#pathname;
  }

  /** As in the address bar: '' or starting with '?'. */
  get search(): string {
    return this.#search;
  }

  query(name: string): string {
    return new URLSearchParams(this.#search).get(name) ?? '';
  }

  /** Goes to an address of the dashboard. `replace` leaves no step to come back to. */
  navigate(address: string, { replace = false } = {}): void {
    const isElsewhere = new URL(address, location.href).pathname !== this.#pathname;
    if (isElsewhere && this.#isHeld(address)) return;
    if (replace) history.replaceState(null, '', address);
    else history.pushState(null, '', address);
    this.#read();
  }

  /** Changes filters in place: the page stays, and Back does not step through every letter typed. */
  setQuery(changes: Record<string, string | null>): void {
    this.navigate(this.#pathname + withQuery(this.#search, changes), { replace: true });
  }

  /** Keeps the page from being left without asking. Returns the way to stop. */
  guard(guard: LeaveGuard): () => void {
    this.#guard = guard;
    return () => {
      if (this.#guard === guard) this.#guard = null;
    };
  }

  /** Listens to links and to Back and Forward. Returns the way to stop. */
  start(): () => void {
    const onPopState = () => {
      const target = location.pathname + location.search;
      const isElsewhere = location.pathname !== this.#pathname;
      if (isElsewhere && this.#guard) {
        // Back has happened already: the page that is still shown gets its address again.
        history.pushState(null, '', this.#pathname + this.#search);
        this.#isHeld(target);
      } else this.#read();
    };
    const onClick = (event: MouseEvent) => {
      const link = ownLink(event);
      if (!link) return;
      event.preventDefault();
      if (link.href !== location.href) this.navigate(link.pathname + link.search);
    };
    addEventListener('popstate', onPopState);
    document.addEventListener('click', onClick);
    return () => {
      removeEventListener('popstate', onPopState);
      document.removeEventListener('click', onClick);
    };
  }

  /** Whether a guard asks first. When it lets go, the way leads to `address`. */
  #isHeld(address: string): boolean {
    const guard = this.#guard;
    guard?.(() => {
      this.#guard = null;
      this.navigate(address);
    });
    return guard !== null;
  }

  #read(): void {
    this.#pathname = location.pathname;
    this.#search = location.search;
  }
}

export const router = new Router();

/** The link that a plain left click means to follow inside the dashboard. */
export function ownLink(event: MouseEvent): HTMLAnchorElement | null {
  const hasModifier = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
  if (event.defaultPrevented || event.button !== 0 || hasModifier) return null;
  const link = (event.target as Element | null)?.closest?.('a');
  if (!link || link.target || link.hasAttribute('download')) return null;
  const isOwn = link.origin === location.origin && isOwnPath(link.pathname) && !link.hash;
  return isOwn ? link : null;
}
