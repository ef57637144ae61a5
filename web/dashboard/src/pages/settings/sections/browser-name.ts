/** `Firefox on Linux` from what a browser calls itself: good enough to recognise one's own machines. */

const BROWSERS: [RegExp, string][] = [
  [/Edg\//, 'Edge'],
  [/OPR\//, 'Opera'],
  [/Firefox\//, 'Firefox'],
  [/Chrome\//, 'Chrome'],
  [/Safari\//, 'Safari'],
];
const SYSTEMS: [RegExp, string][] = [
  [/iPhone|iPad/, 'iOS'],
  [/Android/, 'Android'],
  [/Windows/, 'Windows'],
  [/Mac OS X/, 'macOS'],
  [/Linux/, 'Linux'],
];

export function browserName(userAgent: string | null | undefined): string | null {
  const first = (list: [RegExp, string][]) =>
    list.find(([pattern]) => pattern.test(userAgent ?? ''))?.[1];
  const parts = [first(BROWSERS), first(SYSTEMS)].filter(Boolean);
  return parts.length > 0 ? parts.join(' · ') : null;
}

export function isPhone(userAgent: string | null | undefined): boolean {
  return /Mobile|iPhone|Android/.test(userAgent ?? '');
}
