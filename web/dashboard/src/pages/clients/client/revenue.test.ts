import { describe, expect, it } from 'vitest';
import { revenues } from './revenue';

describe('revenues', () => {
  it('puts the own currency first and adds nothing', () => {
    const by = {
      CHF: { orders: 1, total: '5.00' },
      USD: { orders: 2, total: '7.00' },
      EUR: { orders: 3, total: '9.00' },
    };
    expect(revenues(by, 'USD').map(({ currency, total }) => `${currency} ${total}`)).toEqual([
      'USD 7.00',
      'CHF 5.00',
      'EUR 9.00',
    ]);
    expect(revenues({}, 'EUR')).toEqual([]);
    expect(revenues(null, 'EUR')).toEqual([]);
  });
});
