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
