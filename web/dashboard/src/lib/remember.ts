/** Small choices kept in this browser. Where storage is blocked they last as long as the page. */

const PREFIX = 'rapport.';

export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // Blocked or full: the choice still holds until the page is left.
  }
}

export function recall(name: string): string | null {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}
