import { describe, expect, it } from 'vitest';
import { keyOf } from './field-key';

describe('keyOf', () => {
  it.each([
    ['VAT number', 'vat_number'],
    ['Numéro de TVA', 'numero_de_tva'],
    ['  2nd size (cm) ', 'nd_size_cm'],
    ['日本', ''],
    ['a'.repeat(60), 'a'.repeat(40)],
  ])('%j is %j', (label, key) => {
    expect(keyOf(label)).toBe(key);
  });
});
