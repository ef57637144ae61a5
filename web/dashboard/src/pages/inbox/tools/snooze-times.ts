/** When a conversation may come back. Pure; times are those of this computer. */
const MORNING = 9;
const EVENING = 18;

export interface SnoozeTimes {
  later: Date;
  tomorrow: Date;
  nextWeek: Date;
}

/** Later today is three hours on, but not into the evening: then it is at six, and in the evening an hour on. */
export function snoozeTimes(now: Date): SnoozeTimes {
  const later = new Date(now);
  later.setMinutes(0, 0, 0);
  const hour = now.getHours();
  later.setHours(hour < EVENING - 3 ? hour + 3 : hour < EVENING - 1 ? EVENING : hour + 2);
  const daysToMonday = (8 - now.getDay()) % 7 || 7;
  return { later, tomorrow: morningIn(now, 1), nextWeek: morningIn(now, daysToMonday) };
}

/** As `<input type="datetime-local">` wants it. */
export function inputTime(time: Date): string {
  const local = new Date(time.getTime() - time.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

function morningIn(now: Date, days: number): Date {
  const time = new Date(now);
  time.setDate(time.getDate() + days);
  time.setHours(MORNING, 0, 0, 0);
  return time;
}
