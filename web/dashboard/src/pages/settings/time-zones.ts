/** Time zones as options of a list: `Brussels, Europe`, found by typing the city. */

export function timeZones(present: string): { value: string; label: string }[] {
  const known = Intl.supportedValuesOf('timeZone');
  const all = new Set(['UTC', present, ...known]);
  return [...all].map((value) => ({ value, label: nameOf(value) })).sort(byLabel);
}

function nameOf(zone: string): string {
  const [region, ...city] = zone.split('/');
  if (city.length === 0) return zone;
  return `${city.toReversed().join(', ').replaceAll('_', ' ')}, ${region ?? ''}`;
}

function byLabel(a: { label: string }, b: { label: string }): number {
  return a.label.localeCompare(b.label);
}
