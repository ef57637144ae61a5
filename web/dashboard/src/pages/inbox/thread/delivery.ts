/** What became of a message at the vendor's, and what else a messaging channel tells of it. Pure. */
import type { Message } from '$lib/api';

type Delivery = NonNullable<Message['delivery']>;
export type DeliveryStatus = Delivery['status'];

/** How many ticks stand beside a message; the other states have a sign of their own. */
export function ticksOf(status: DeliveryStatus): number {
  if (status === 'sent') return 1;
  return status === 'delivered' || status === 'read' ? 2 : 0;
}

/** A message that did not go may be sent again; one that may have gone only after a warning. */
export function sendAgainOf(status: DeliveryStatus): 'at once' | 'after a warning' | null {
  if (status === 'failed') return 'at once';
  return status === 'unknown' ? 'after a warning' : null;
}

/** “46.2044, 6.1432” as maps take it, to be copied. */
export function placeText({
  name,
  address,
  latitude,
  longitude,
}: NonNullable<Message['extras']['location']>): string {
  const point = `${latitude.toFixed(5)}, ${longitude.toFixed(5)}`;
  return [name, address, point].filter(Boolean).join(' · ');
}

/** Channels say a location in the text as well: a place that is shown by itself need not stand there again. */
export function isOnlyPlace({ text, extras }: Pick<Message, 'text' | 'extras'>): boolean {
  return extras.location !== null && text.startsWith('📍');
}

/** The name of the template that was used, where the channel has kept it. */
export function templateName({ template }: Message['extras']): string {
  const { name } = (template ?? {}) as { name?: unknown };
  return typeof name === 'string' ? name : '';
}
