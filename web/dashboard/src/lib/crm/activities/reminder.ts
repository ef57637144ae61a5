/** When somebody is reminded of what is due: so many minutes before, or not at all. Pure. */

export const leads = [0, 15, 60, 1_440] as const;

/** '' for no reminder, else minutes. One that was set otherwise is the next earlier choice. */
export function leadOf(due: string | null | undefined, remind: string | null | undefined): string {
  if (!due || !remind) return '';
  const minutes = Math.round((Date.parse(due) - Date.parse(remind)) / 60_000);
  return String(leads.findLast((lead) => lead <= minutes) ?? 0);
}

export function remindAt(due: string | null, lead: string): string | null {
  if (!due || lead === '') return null;
  return new Date(Date.parse(due) - Number(lead) * 60_000).toISOString();
}
