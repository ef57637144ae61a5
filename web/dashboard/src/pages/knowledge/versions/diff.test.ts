import { describe, expect, it } from 'vitest';
import { diffLines, diffWords, shortened, type Piece } from './diff';

const written = (pieces: Piece[]) =>
  pieces
    .map(({ kind, text }) => (kind === 'same' ? text : `${kind === 'added' ? '+' : '-'}[${text}]`))
    .join('');
const before = (pieces: Piece[]) =>
  pieces.flatMap(({ kind, text }) => (kind === 'added' ? [] : text)).join('');
const after = (pieces: Piece[]) =>
  pieces.flatMap(({ kind, text }) => (kind === 'removed' ? [] : text)).join('');

describe('diffWords', () => {
  it.each([
    ['nothing', '', '', ''],
    ['an equal text', 'As it was.', 'As it was.', 'As it was.'],
    ['a new text', '', 'Yes, gladly.', '+[Yes, gladly.]'],
    ['a text that is gone', 'Yes, gladly.', '', '-[Yes, gladly.]'],
    [
      'a word in another’s place',
      'It takes two days.',
      'It takes three days.',
      'It takes -[two]+[three] days.',
    ],
    ['a word more', 'It takes days.', 'It takes two days.', 'It takes +[two ]days.'],
    ['a word less', 'It takes two days.', 'It takes days.', 'It takes -[two ]days.'],
    [
      'a phrase',
      'We ship on Monday morning.',
      'We ship every weekday.',
      'We ship -[on Monday morning]+[every weekday].',
    ],
    ['a sentence more', 'It is ours.', 'It is ours. Ask us.', 'It is ours.+[ Ask us.]'],
    ['a mark', 'Really.', 'Really?', 'Really-[.]+[?]'],
    [
      'accents and apostrophes',
      'L’été à Orléans',
      'L’hiver à Orléans',
      '-[L’été]+[L’hiver] à Orléans',
    ],
  ])('shows %s', (_, old, now, expected) => {
    expect(written(diffWords(old, now))).toBe(expected);
  });

  it('makes both texts again, whatever they are', () => {
    const vocabulary = ['a', 'b', 'c', ' ', '\n', '.', 'été'];
    let seed = 7;
    const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
    const text = () =>
      Array.from({ length: random(40) }, () => vocabulary[random(vocabulary.length)]).join('');
    for (let round = 0; round < 500; round++) {
      const [old, now] = [text(), text()];
      const pieces = diffWords(old, now);
      expect([before(pieces), after(pieces)]).toEqual([old, now]);
    }
  });

  it('gives up on texts that have nothing in common, and is quick about it', () => {
    const [old, now] = ['x', 'y'].map((letter) =>
      Array.from({ length: 4_000 }, (_, index) => `${letter}${String(index)}`).join('-'),
    ) as [string, string];
    const began = performance.now();
    const pieces = diffWords(old, now);
    expect(performance.now() - began).toBeLessThan(5_000);
    expect([before(pieces), after(pieces)]).toEqual([old, now]);
  });
});

describe('diffLines', () => {
  it('tells what was added and what is gone', () => {
    expect(written(diffLines(['kept', 'gone'], ['new', 'kept']))).toBe('kept-[gone]+[new]');
  });
});

describe('shortened', () => {
  it('cuts long stretches that nobody changed, and nothing else', () => {
    const long = 'word '.repeat(200).trim();
    const [first, , , last] = shortened(diffWords(`${long} two ${long}`, `${long} three ${long}`));
    expect(first?.text.startsWith(' … ')).toBe(true);
    expect(last?.text.endsWith(' … ')).toBe(true);
    expect(shortened(diffWords(long, long))).toEqual([{ kind: 'same', text: long }]);
    expect(shortened(diffWords('', long))[0]?.text).toBe(long);
  });
});
