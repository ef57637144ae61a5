import { expect, it } from 'vitest';
import { plainText, renderMarkdown, safeUrl } from './markdown.ts';

const KNOWN_TAGS = new Set(['P', 'STRONG', 'EM', 'CODE', 'PRE', 'UL', 'OL', 'LI', 'A', 'BR']);
const KNOWN_ATTRIBUTES = new Set(['href', 'target', 'rel', 'start']);

function render(text: string): HTMLElement {
  const element = document.createElement('div');
  element.append(renderMarkdown(text));
  return element;
}

/** The nodes as text, such as `p(One br() strong(two))`. */
function outline(node: Node): string {
  if (node instanceof Text) return node.data.replace('\n', '');
  const children = [...node.childNodes].map(outline).filter(Boolean).join(' ');
  return `${node.nodeName.toLowerCase()}(${children})`;
}

it('renders the marks that answers use', () => {
  const cases = {
    '**Bold**, *italic* _too_ `a*b*c`': 'p(strong(Bold) ,  em(italic)   em(too)   code(a*b*c))',
    '# Title\nOne\ntwo\n\nthree': 'p(strong(Title)) p(One br() two) p(three)',
    '- a\n* **b**\n1. c\n2) d': 'ul(li(a) li(strong(b))) ol(li(c) li(d))',
    '```js\n**x** <b>\n```\nafter': 'pre(code(**x** <b>)) p(after)',
  };
  for (const [text, expected] of Object.entries(cases)) {
    expect(outline(render(text))).toBe(`div(${expected})`);
  }
  expect(render('3. c\n4. d').querySelector('ol')?.start).toBe(3);
});

it('leaves plain text alone', () => {
  for (const text of ['snake_case_name', '2 * 3 * 4', 'a [b] (c)', '5 < 6 > 4 & more', '*', '**']) {
    expect(plainText(text)).toBe(text);
    expect(render(text).querySelector('em, strong, a')).toBeNull();
  }
});

it('opens links in a new tab without giving anything away', () => {
  const link = render('See **[our page](https://shop.example/a?b=1)**.').querySelector('a');
  expect(link?.href).toBe('https://shop.example/a?b=1');
  expect(link?.target).toBe('_blank');
  expect(link?.rel).toBe('noopener nofollow');
  const bare = render('At https://shop.example/x, or so.').querySelector('a');
  expect(bare?.textContent).toBe('https://shop.example/x');
});

it('allows web, mail and telephone addresses only', () => {
  expect(safeUrl('HTTPS://a.example')).toBe('HTTPS://a.example');
  expect(safeUrl('mailto:a@b.example')).toBe('mailto:a@b.example');
  expect(safeUrl('tel:+3291234567')).toBe('tel:+3291234567');
  const refused = [
    'javascript:alert(1)',
    'JaVaScRiPt:1',
    'data:text/html,x',
    'blob:https://a',
    '/x',
  ];
  for (const href of [
    ...refused,
    'vbscript:x',
    'file:///etc',
    '',
    '//a.example',
    'java\nscript:1',
  ]) {
    expect(safeUrl(href)).toBeNull();
  }
});

it('never makes anything but the known nodes', () => {
  const hostile = [
    '<img src=x onerror="alert(1)"><script>alert(2)</script>',
    '[x](javascript:alert(1)) [y](data:text/html,<script>1</script>) ![z](https://a.example/i.png)',
    '**<b onclick=1>bold</b>** `<svg onload=alert(1)>`',
    '[ok](https://example.com/"onmouseover="alert(1))',
    '<a href="https://a.example" onclick=x>** [a](https://x.example)',
    '```\n</code></pre><script>1</script>',
    '1. <iframe src=//x>\n- <style>*{}</style>',
    '[[a](https://x.example)](javascript:1)',
  ];
  for (const text of hostile) {
    for (const element of render(text).querySelectorAll('*')) {
      expect(KNOWN_TAGS, `${element.tagName} from ${text}`).toContain(element.tagName);
      for (const { name } of element.attributes) expect(KNOWN_ATTRIBUTES).toContain(name);
    }
  }
});

/** Processor time in milliseconds, whatever else this machine does; of three tries the least. */
function costOf(pattern: string, length: number): number {
  const text = pattern.repeat(length).slice(0, length);
  const tries = [1, 2, 3].map(() => {
    const before = process.cpuUsage();
    renderMarkdown(text);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  return Math.min(...tries);
}

it('takes linear time on hostile input', () => {
  const patterns = [
    '[',
    '*',
    '**a',
    '`',
    '_a',
    '[a](',
    '[a](b',
    'https://',
    '1. ',
    '- ',
    '# ',
    '\n',
    ' ',
  ];
  for (const pattern of [...patterns, '![', '*a ', '_', '**`', 'a*', '```\n', '](', '\r']) {
    const short = costOf(pattern, 5_000);
    // eight times the text: a quadratic reader takes 64 times as long; what costs little may cost anything
    const times = costOf(pattern, 40_000) / Math.max(short, 20);
    expect(times, JSON.stringify(pattern)).toBeLessThan(40);
  }
}, 60_000);

it('tells the text without its marks', () => {
  expect(plainText('**Yes.**\n\n1. Choose\n2. [Pay](https://a.example)\n\nOne\ntwo')).toBe(
    'Yes. Choose Pay One two',
  );
});
