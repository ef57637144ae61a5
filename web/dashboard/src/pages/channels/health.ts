/** How a channel is, in words and numbers. Pure, but for the language on screen. */
import type { Connection, HealthState } from '$lib/data/connections';
import type { Channel } from '$lib/api';

export type BadgeKind = 'success' | 'warning' | 'danger' | 'plain' | 'info';

export const stateLooks: Record<HealthState, BadgeKind> = {
  healthy: 'success',
  attention: 'warning',
  broken: 'danger',
  paused: 'plain',
  untested: 'info',
};

/** What is known without the right to see connections. */
export function stateOf(channel: Channel, connection: Connection | undefined): HealthState | null {
  if (connection) return connection.state;
  return channel.is_active ? null : 'paused';
}

const DAY = 24 * 60 * 60_000;
/** The server warns so long before, too. */
const WARNED_DAYS = 7;

export type Expiry = { kind: 'over' } | { kind: 'soon' | 'later'; days: number };

/** How long a token is still good; null where it has no end. */
export function expiryOf(at: string | null | undefined, now: number): Expiry | null {
  if (!at) return null;
  const left = Date.parse(at) - now;
  if (left <= 0) return { kind: 'over' };
  const days = Math.floor(left / DAY);
  return { kind: days < WARNED_DAYS ? 'soon' : 'later', days };
}

/** The number that the server names when a channel still has conversations. */
export function conversationsIn(sentence: string): number | null {
  const [digits] = /\d+/.exec(sentence) ?? [];
  return digits === undefined ? null : Number(digits);
}
