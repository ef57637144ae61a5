import { expect, it } from 'vitest';
import { browserName, isPhone } from './browser-name';

const CHROME =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36';
const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Version/18.0 Mobile/15E148 Safari/604.1';

it('names a browser as people do', () => {
  expect(browserName(CHROME)).toBe('Chrome · Linux');
  expect(browserName(CHROME + ' Edg/140.0')).toBe('Edge · Linux');
  expect(browserName(IPHONE)).toBe('Safari · iOS');
  expect([isPhone(IPHONE), isPhone(CHROME)]).toEqual([true, false]);
});

it('does not guess', () => {
  expect(browserName('curl/8')).toBeNull();
  expect(browserName(null)).toBeNull();
});
