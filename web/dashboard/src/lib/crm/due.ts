/** Times in the workspace's own time zone, as a field of a form has them. Pure. */

const HOUR = 3_600_000;

/** “2026-11-23T14:30” in the zone; what `<input type="datetime-local">` shows. */
export function toLocal(iso: string, zone: string): string {
  return wallClock(Date.parse(iso), zone).slice(0, 16);
}

/** The moment when clocks in the zone show this. In the hour that a change of clocks repeats: the first time. */
export function fromLocal(local: string, zone: string): string {
  const asIfUtc = Date.parse(`${local.slice(0, 16)}Z`);
  // The offset may differ on the two sides of a change of clocks, so both are tried.
  const moments = [-24 * HOUR, 24 * HOUR].map((step) => asIfUtc - offsetAt(asIfUtc + step, zone));
  const fitting = moments.find(
    (moment) => wallClock(moment, zone).slice(0, 16) === local.slice(0, 16),
  );
  return new Date(fitting ?? moments[0] ?? asIfUtc).toISOString();
}

/** The day in the zone, “2026-11-23”, so many days from now. */
export function dayIn(now: number, zone: string, days = 0): string {
  const today = wallClock(now, zone).slice(0, 10);
  const later = new Date(Date.parse(`${today}T12:00:00Z`) + days * 24 * HOUR);
  return later.toISOString().slice(0, 10);
}

/** Where something due belongs: before now, later today, later, or nowhere. */
export function dueGroup(
  due: string | null | undefined,
  now: number,
  zone: string,
): 'overdue' | 'today' | 'upcoming' | 'none' {
  if (!due) return 'none';
  if (Date.parse(due) < now) return 'overdue';
  return toLocal(due, zone).slice(0, 10) === dayIn(now, zone) ? 'today' : 'upcoming';
}

function offsetAt(moment: number, zone: string): number {
  return Date.parse(`${wallClock(moment, zone)}Z`) - Math.floor(moment / 1000) * 1000;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** What clocks in the zone show, “2026-11-23T14:30:00”. */
function wallClock(moment: number, zone: string): string {
  const format =
    formats.get(zone) ??
    // Swedish dates are those of ISO 8601.
    new Intl.DateTimeFormat('sv', { dateStyle: 'short', timeStyle: 'medium', timeZone: zone });
  formats.set(zone, format);
  return format.format(moment).replace(' ', 'T');
}
