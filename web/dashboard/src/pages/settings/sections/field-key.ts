/** The name under which a field's values are stored, made of its label: `VAT number` → `vat_number`. Pure. */
import { fold } from '$lib/fold';

const LONGEST = 40;

export function keyOf(label: string): string {
  const plain = fold(label)
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^[_0-9]+|_+$/g, '');
  return plain.slice(0, LONGEST).replace(/_+$/, '');
}
