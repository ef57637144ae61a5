// The pages of the demonstration shop, under the CSP that a careful shop would have, with the widget
// in them. The server puts the tag in the same way.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { assertAccessible, launchBrowser, openPage } from './browser.mjs';
import { CHANNEL, FakeWidgetApi } from './fake-widget-api.mjs';
import { WidgetPage } from './page-objects.mjs';

const TYPES = { '.html': 'text/html; charset=utf-8', '.css': 'text/css', '.svg': 'image/svg+xml' };
const SNIPPET = '{{WIDGET_SNIPPET}}';
const fileOf = (name) => new URL(`../../../demo/shop/${name}`, import.meta.url);

function serveShop(host) {
  const policy = [
    "default-src 'none'",
    "style-src 'self'",
    `img-src 'self' ${host}`,
    `script-src ${host}`,
    `connect-src ${host}`,
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
  const tag = `<script async src="${host}/widget.js" data-channel="ch_demo"></script>`;
  return createServer((request, response) => {
    const name = request.url === '/demo' ? 'index.html' : request.url.replace('/demo/', '');
    if (!existsSync(fileOf(name))) return response.writeHead(404).end();
    const type = extname(name);
    const body = readFileSync(fileOf(name));
    response.writeHead(200, { 'content-type': TYPES[type], 'content-security-policy': policy });
    response.end(type === '.html' ? body.toString().replace(SNIPPET, tag) : body);
  });
}

describe('demonstration shop', { timeout: 60_000 }, () => {
  let browser, api, server, url;

  before(async () => {
    browser = await launchBrowser();
    api = await new FakeWidgetApi().listen();
    api.channels.ch_demo = { ...CHANNEL, language: 'auto', welcome_message: '' };
    server = serveShop(api.url).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${server.address().port}`;
  });
  after(async () => {
    await browser?.close();
    api?.close();
    server?.close();
  });

  for (const [path, greeting] of [
    ['/demo', 'Hello! How can I help you?'],
    ['/demo/fr.html', 'Bonjour ! Comment puis-je vous aider ?'],
  ]) {
    it(`shows ${path} with the chat in its language, on a desktop and on a phone`, async () => {
      for (const width of [1280, 390]) {
        const options = { viewport: { width, height: 844 } };
        const { context, page, record } = await openPage(browser, options);
        await page.goto(url + path);
        const widget = new WidgetPage(page);
        await widget.launcher.waitFor();
        await assertAccessible(page, `${path} at ${width}`);
        const overflow = await page.evaluate(() => document.body.scrollWidth - innerWidth);
        assert.ok(overflow <= 0, `${overflow} px too wide at ${width}`);
        await widget.open();
        assert.equal(await widget.teamBubbles.first().innerText(), greeting);
        assert.deepEqual([record.violations, record.errors], [[], []]);
        await context.close();
      }
    });
  }

  it('asks the same price in both languages, and has one place for the tag', () => {
    const pages = ['index.html', 'fr.html'].map((name) => readFileSync(fileOf(name), 'utf8'));
    const [english, french] = pages.map((page) =>
      [...page.matchAll(/class="price">([^<]+)</g)].map(([, price]) => price.replace(/\D/g, '')),
    );
    assert.deepEqual(english, french);
    for (const page of pages) assert.match(page, /\{\{WIDGET_SNIPPET\}\}\s*<\/body>/);
  });
});
