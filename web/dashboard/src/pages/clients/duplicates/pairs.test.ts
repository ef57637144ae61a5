import { describe, expect, it } from 'vitest';
import type { ClientRow } from '$lib/crm/types';
import { likelyKept, pairsOf } from './pairs';

const client = (id: string, more: Partial<ClientRow> = {}) =>
  ({ id, total_orders: 0, contact_id: null, ...more }) as ClientRow;

describe('pairs of clients', () => {
  it('lists two with the same address and number once', () => {
    const [a, b, c] = [client('a'), client('b'), client('c')];
    const found = [
      { is_verified: false, reason: 'email', a, b },
      { is_verified: false, reason: 'email', a: b, b: c },
      { is_verified: false, reason: 'phone', a, b },
    ];
    expect(pairsOf(found).map(({ key, reasons }) => [key, reasons])).toEqual([
      ['a b', ['email', 'phone']],
      ['b c', ['email']],
    ]);
  });

  it('proposes to keep who has ordered, then who has written, then the older one', () => {
    const wrote = client('b', { contact_id: 'x' });
    expect(likelyKept([client('a', { total_orders: 2 }), wrote])).toBe(0);
    expect(likelyKept([client('a'), client('b', { total_orders: 1 })])).toBe(1);
    expect(likelyKept([client('a'), wrote])).toBe(1);
    expect(likelyKept([client('a'), client('b')])).toBe(0);
  });
});
