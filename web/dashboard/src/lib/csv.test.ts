import { expect, it } from 'vitest';
import { toCsv } from './csv';

it('quotes every cell and defuses formulas', () => {
  expect(toCsv([['a"b', '=1+1', ' @x', 'a=b']])).toBe('"a""b","\'=1+1","\' @x","a=b"\r\n');
});
