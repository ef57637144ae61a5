import { describe, expect, it } from 'vitest';
import { decode } from './decode';

const bytes = (...values: number[]) => new Uint8Array(values).buffer;

describe('decode', () => {
  it('reads what spreadsheets write', () => {
    expect(decode(new TextEncoder().encode('Zoë;Lyon').buffer)).toBe('Zoë;Lyon');
    expect(decode(bytes(0xef, 0xbb, 0xbf, 0x61))).toBe('a');
    expect(decode(bytes(0x5a, 0x6f, 0xeb))).toBe('Zoë');
    expect(decode(bytes(0xff, 0xfe, 0x5a, 0, 0xeb, 0))).toBe('Zë');
    expect(decode(bytes())).toBe('');
  });
});
