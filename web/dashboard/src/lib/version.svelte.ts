/** Whether the server has been replaced by a newer build since this page was loaded. */

const HEADER = 'rapport-build';

let first: string | null = null;
const current = $state({ isOutdated: false });

/** Reads the build from an answer of the server. */
export function noteBuild(headers: Headers): void {
  const build = headers.get(HEADER);
  if (!build) return;
  first ??= build;
  if (build !== first) current.isOutdated = true;
}

export function isOutdated(): boolean {
  return current.isOutdated;
}
