import { expect, it } from 'vitest';
import { dayName, nextInterval, toHours, toWeek, usualWeek } from './week';

it('keeps several times a day and the end of the day', () => {
  const hours = {
    monday: [
      ['09:00', '12:00'],
      ['13:00', '24:00'],
    ],
    tuesday: [],
  };
  const week = toWeek(hours);
  expect(week.monday[1]).toEqual({ from: '13:00', to: '00:00' });
  expect(week.sunday).toEqual([]);
  expect(toHours(week)).toMatchObject(hours);
});

it('offers a sensible next stretch', () => {
  expect(nextInterval([])).toEqual({ from: '09:00', to: '17:00' });
  expect(nextInterval([{ from: '09:00', to: '12:00' }])).toEqual({ from: '13:00', to: '17:00' });
  expect(usualWeek().saturday).toEqual([]);
});

it('names the days in the language on screen', () => {
  expect([dayName('monday', 'en'), dayName('sunday', 'fr')]).toEqual(['Monday', 'dimanche']);
});
