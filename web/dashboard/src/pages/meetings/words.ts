/** Meetings in words. */
import type { Meeting, MeetingStatus } from '$lib/data/meetings';
import { t, type PlainKey } from '../../i18n/index.svelte';

export const statusNames: Record<MeetingStatus, PlainKey> = {
  scheduled: 'meetings.scheduled',
  rescheduled: 'meetings.rescheduled',
  completed: 'meetings.completed',
  cancelled: 'meetings.cancelled',
  no_show: 'meetings.noShow',
};

export const statusLooks = {
  scheduled: 'info',
  rescheduled: 'warning',
  completed: 'success',
  cancelled: 'plain',
  no_show: 'danger',
} as const;

/** What may still be said about it. */
export function isAhead({ status }: Meeting): boolean {
  return status === 'scheduled' || status === 'rescheduled';
}

export function withWhom({ attendee_name, attendee_email, title }: Meeting): string {
  return attendee_name ?? attendee_email ?? (title || t('meetings.one'));
}

/** Booked with a vendor, and moved and cancelled there. */
export function isVendors({ source }: Meeting): boolean {
  return source === 'calcom' || source === 'calendly';
}

/** “14:30”, as clocks in the zone show it. */
export function timeIn(iso: string, zone: string, locale: string): string {
  const format = new Intl.DateTimeFormat(locale, { timeStyle: 'short', timeZone: zone });
  return format.format(new Date(iso));
}

/** “14:30 – 15:00”. */
export function timeSpan(meeting: Meeting, zone: string, locale: string): string {
  const begin = Date.parse(meeting.scheduled_at);
  const end = new Date(begin + meeting.duration_minutes * 60_000);
  const format = new Intl.DateTimeFormat(locale, { timeStyle: 'short', timeZone: zone });
  return format.formatRange(begin, end);
}
