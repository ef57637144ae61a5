/** Addresses of the dashboard, taken apart and put together. Pure: the address bar itself is `router.svelte.ts`. */

/** Every address of the dashboard starts with this; Vite's `base` is the same. */
export const BASE = '/app';

export function isOwnPath(pathname: string): boolean {
  return pathname === BASE || pathname.startsWith(`${BASE}/`);
}

export interface Pattern {
  readonly name: string;
  /** Parts after `/app`: `:id` takes any one part, `:id?` may be missing. */
  readonly path: string;
}

export interface Match<Route extends Pattern> {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

/** The first route whose pattern fits, or null. Pure. */
export function matchRoute<Route extends Pattern>(
  routes: readonly Route[],
  pathname: string,
): Match<Route> | null {
  const parts = partsOf(pathname);
  if (!parts) return null;
  for (const route of routes) {
    const params = paramsOf(route.path.split('/').filter(Boolean), parts);
    if (params) return { route, params };
  }
  return null;
}

/** The query with some values changed; null or '' takes one out. Pure. */
export function withQuery(search: string, changes: Record<string, string | null>): string {
  const query = new URLSearchParams(search);
  for (const [name, value] of Object.entries(changes)) {
    if (value) query.set(name, value);
    else query.delete(name);
  }
  const text = query.toString();
  return text ? `?${text}` : '';
}

function partsOf(pathname: string): string[] | null {
  if (!isOwnPath(pathname)) return null;
  try {
    return pathname.slice(BASE.length).split('/').filter(Boolean).map(decodeURIComponent);
  } catch {
    // A broken percent sign: no page has such an address.
    return null;
  }
}

function paramsOf(pattern: string[], parts: string[]): Record<string, string> | null {
  if (parts.length > pattern.length) return null;
  const params: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    const part = parts[index];
    const isOptional = expected.endsWith('?');
    if (part === undefined) {
      if (!isOptional) return null;
    } else if (expected.startsWith(':')) {
      params[expected.slice(1, isOptional ? -1 : undefined)] = part;
    } else if (expected !== part) {
      return null;
    }
  }
  return params;
}
