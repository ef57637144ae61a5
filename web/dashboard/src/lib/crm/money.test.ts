import { describe, expect, it } from 'vitest';
import {
  compareAmounts,
  editableAmount,
  formatMoney,
  formatMoneyShort,
  isZeroOrLess,
  parseAmount,
  sumAmounts,
  timesAmount,
} from './money';

describe('formatMoney', () => {
  it('writes what the locale writes', () => {
    expect(formatMoney('1234.50', 'EUR', 'en')).toBe('€1,234.50');
    expect(formatMoney('1234.50', 'EUR', 'fr').replace(/\s/g, ' ')).toBe('1 234,50 €');
    expect(formatMoney('-3.00', 'USD', 'en')).toBe('-$3.00');
    expect(formatMoney('1200.00', 'JPY', 'en')).toBe('¥1,200.00');
  });

  it('writes amounts that no binary fraction holds', () => {
    expect(formatMoney('9999999999999999.99', 'EUR', 'en')).toBe('€9,999,999,999,999,999.99');
  });

  it('is short where there is little room', () => {
    expect(formatMoneyShort('115850.00', 'EUR', 'en')).toBe('€115.9K');
    expect(formatMoneyShort('12.00', 'EUR', 'en')).toBe('€12');
  });
});

describe('sums', () => {
  it('adds in cents', () => {
    expect(sumAmounts(['0.10', '0.20', '-0.05'])).toBe('0.25');
    expect(sumAmounts([])).toBe('0.00');
    expect(sumAmounts(['9007199254740993.01', '0.01'])).toBe('9007199254740993.02');
    expect(sumAmounts(['1.00', '-1.01'])).toBe('-0.01');
  });

  it('multiplies by quantities with decimals', () => {
    expect(timesAmount('19.99', '3')).toBe('59.97');
    expect(timesAmount('10.01', '0.5')).toBe('5.01');
    expect(timesAmount('-10.01', '0.5')).toBe('-5.01');
  });

  it('compares', () => {
    expect(compareAmounts('9.00', '10.00')).toBe(-1);
    expect(compareAmounts('10.00', '10.00')).toBe(0);
    expect([isZeroOrLess('0.00'), isZeroOrLess('-1.00'), isZeroOrLess('0.01')]).toEqual([
      true,
      true,
      false,
    ]);
  });
});

describe('parseAmount', () => {
  it.each([
    ['12', 'en', '12.00'],
    ['12.5', 'en', '12.50'],
    ['12,50', 'fr', '12.50'],
    ['12,50', 'en', '12.50'],
    ['1 234,50', 'fr', '1234.50'],
    ['1 234,50 €', 'fr', '1234.50'],
    ['$1,234.50', 'en', '1234.50'],
    ['1,234', 'en', '1234.00'],
    ['1.234.567', 'en', '1234567.00'],
    ['1.234,5', 'de', '1234.50'],
    ['.5', 'en', '0.50'],
    ['-3', 'en', '-3.00'],
    ['007', 'en', '7.00'],
    ['1,234', 'fr', null],
    ['1.2345', 'en', null],
    ['twelve', 'en', null],
    ['', 'en', null],
  ])('reads %j in %s as %j', (text, locale, amount) => {
    expect(parseAmount(text, locale)).toBe(amount);
  });

  it('reads back what a field shows', () => {
    for (const locale of ['en', 'fr']) {
      expect(parseAmount(editableAmount('1234.50', locale), locale)).toBe('1234.50');
    }
  });
});
