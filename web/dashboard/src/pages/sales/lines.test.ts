import { describe, expect, it } from 'vitest';
import { linesBody, linesTotal, lineTotal, newLine, parseQuantity } from './lines';

const line = (quantity: string, price: string, name = 'Chair') => ({
  ...newLine('en', { name }),
  quantity,
  price,
});

describe('lines', () => {
  it('multiplies and adds exactly', () => {
    expect(lineTotal(line('3', '0.10'), 'en')).toBe('0.30');
    expect(lineTotal(line('1,5', '19,99'), 'fr')).toBe('29.99');
    expect(linesTotal([line('3', '0.10'), line('1', '0.20')], 'en')).toBe('0.50');
  });

  it('reads quantities as they are written, and nothing else', () => {
    expect(['2', '0,5', '1.250'].map(parseQuantity)).toEqual(['2', '0.5', '1.250']);
    expect(['0', '-1', '1.2345', 'two', ''].map(parseQuantity)).toEqual(Array(5).fill(null));
  });

  it('leaves out what is empty, and says when something cannot be read', () => {
    expect(linesBody([line('2', '4.50'), line('1', '', '')], 'en')).toEqual([
      { name: 'Chair', quantity: 2, unit_price: '4.50' },
    ]);
    expect(linesBody([line('2', 'much')], 'en')).toBeNull();
    expect(linesBody([line('2', '4.50', ' ')], 'en')).toBeNull();
  });
});
