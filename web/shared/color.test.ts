import { expect, it } from 'vitest';
import { BLACK, contrast, mix, parseHex, readableShade, textOn, WHITE } from './color.ts';

it('agrees with the published contrast figures', () => {
  expect(contrast(BLACK, WHITE)).toBeCloseTo(21, 5);
  expect(contrast('#777777', WHITE)).toBeCloseTo(4.48, 2);
  expect(contrast('#2f55d4', '#2f55d4')).toBe(1);
});

it('understands six hex digits and nothing else', () => {
  expect(parseHex('#FfD166')).toBe('#FfD166');
  for (const text of ['red', '#abc', '#12345678', '', 'rgb(0,0,0)', '#zzzzzz', 'url(x)']) {
    expect(parseHex(text)).toBeNull();
  }
});

it('mixes by share', () => {
  expect(mix('#000000', '#ffffff', 0)).toBe('#000000');
  expect(mix('#000000', '#ffffff', 0.5)).toBe('#808080');
  expect(mix('#102030', '#ffffff', 1)).toBe('#ffffff');
});

it('keeps text readable on every brand colour', () => {
  for (let value = 0; value <= 0xffffff; value += 0x0e1d3b) {
    const color = `#${value.toString(16).padStart(6, '0')}`;
    expect(contrast(textOn(color), color), color).toBeGreaterThanOrEqual(4.5);
    expect(contrast(readableShade(color, '#f3f3f1'), '#f3f3f1')).toBeGreaterThan(4.59);
    expect(contrast(readableShade(color, '#2a2b2f'), '#2a2b2f')).toBeGreaterThan(4.59);
  }
});

it('goes no further from the brand than it must', () => {
  expect(contrast(readableShade('#ffd166', WHITE), WHITE)).toBeLessThan(6);
});

it('leaves a colour alone that is readable already', () => {
  expect(readableShade('#1f5c4a', WHITE)).toBe('#1f5c4a');
});
