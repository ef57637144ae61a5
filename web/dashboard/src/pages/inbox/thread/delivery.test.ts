import { describe, expect, it } from 'vitest';
import type { Attachment, Message } from '$lib/api';
import { playerOf } from './attachment';
import {
  isOnlyPlace,
  placeText,
  sendAgainOf,
  templateName,
  ticksOf,
  type DeliveryStatus,
} from './delivery';

const statuses: DeliveryStatus[] = [
  'queued',
  'sending',
  'sent',
  'delivered',
  'read',
  'failed',
  'unknown',
  'cancelled',
];
const extras = (changes: Partial<Message['extras']>) => changes as Message['extras'];
const point = { latitude: 46.2044, longitude: 6.14317 };

describe('delivery', () => {
  it('has one tick once sent, two once delivered or read', () => {
    expect(statuses.map(ticksOf)).toEqual([0, 0, 1, 2, 2, 0, 0, 0]);
  });

  it('offers to send again what did not go, and warns where it may have gone', () => {
    expect(sendAgainOf('failed')).toBe('at once');
    expect(sendAgainOf('unknown')).toBe('after a warning');
    const others = statuses.filter((status) => status !== 'failed' && status !== 'unknown');
    expect(others.map(sendAgainOf)).toEqual(others.map(() => null));
  });
});

describe('what a channel adds', () => {
  it('says a place in text', () => {
    expect(placeText({ ...point, name: 'Shop', address: null })).toBe('Shop · 46.20440, 6.14317');
  });

  it('shows a place once', () => {
    const location = { ...point, name: null, address: null };
    expect(isOnlyPlace({ text: '📍 46.2, 6.1', extras: extras({ location }) })).toBe(true);
    expect(isOnlyPlace({ text: 'Here', extras: extras({ location }) })).toBe(false);
    expect(isOnlyPlace({ text: '📍 Paris', extras: extras({ location: null }) })).toBe(false);
  });

  it('names the template that was used', () => {
    const template = { name: 'order_ready' } as unknown as Record<string, never>;
    expect(templateName(extras({ template }))).toBe('order_ready');
    expect(templateName(extras({ template: null }))).toBe('');
  });

  it('plays sound and film', () => {
    const of = (mime_type: string) => playerOf({ mime_type } as Attachment);
    expect([of('audio/ogg'), of('video/mp4'), of('text/html')]).toEqual(['audio', 'video', null]);
  });
});
