import { describe, expect, it } from 'vitest';
import { addressOf, addressText, withAddress } from './address';

const stored = { street: '3 rue Haute', city: 'Lyon', zip: '69001', floor: 2 };

describe('address', () => {
  it('reads like an envelope', () => {
    expect(addressText(stored)).toBe('3 rue Haute\n69001 Lyon');
    expect(addressText(null)).toBe('');
  });

  it('keeps what it does not know', () => {
    const draft = { ...addressOf(stored), street: ' ', country: 'France ' };
    expect(withAddress(stored, draft)).toEqual({
      floor: 2,
      zip: '69001',
      city: 'Lyon',
      country: 'France',
    });
  });

  it('is nothing when every line is empty', () => {
    expect(withAddress(null, addressOf(null))).toBeNull();
  });
});
