import { expect, it } from 'vitest';
import { leftOutOf } from './left-out';

it('reads what was left out, and passes over what it does not know', () => {
  const figure = { sentence: 'It takes 500 days.', why: 'figure' };
  expect(leftOutOf({ unbacked: [figure, { sentence: 'x', why: 'whim' }, null] })).toEqual([figure]);
  expect(leftOutOf({})).toEqual([]);
  expect(leftOutOf(undefined)).toEqual([]);
});
