// n8n's own chat widget, in Chromium, pointed at a channel of the real server.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { launchBrowser } from '../../web/tests/e2e/browser.mjs';
import { ProductServer, reasonToSkip } from '../../web/tests/e2e/product-server.mjs';

const DIST = join(process.env.PEERS_DIR, 'alone/@n8n/chat/dist');
const QUESTION = 'Do you ship to Belgium?';
const ANSWER = 'Belgium is where we are at home';
const KINDS = { '.js': 'text/javascript', '.mjs': 'text/javascript', '.css': 'text/css' };

const page = (options) => `<!doctype html><meta charset="utf-8"><title>Shop</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="/chat/style.css"><div id="n8n-chat" style="height:600px"></div>
<script type="module">
  import { createChat } from '/chat/chat.bundle.es.js';
  createChat({ mode: 'fullscreen', showWelcomeScreen: false, initialMessages: [], ...${JSON.stringify(options)} });
</script>`;

/** A shop's page that has the widget. */
class Shop {
  #server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://shop');
    if (pathname.startsWith('/chat/')) {
      const file = await readFile(join(DIST, normalize(pathname.slice('/chat'.length))));
      response.writeHead(200, { 'content-type': KINDS[extname(pathname)] ?? 'text/plain' });
      response.end(file);
      return;
    }
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end(page({ ...this.options, enableStreaming: searchParams.has('streaming') }));
  });

  constructor(options) {
    this.options = options;
  }

  async listen() {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}/`;
  }

  close() {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

describe("n8n's chat widget", { skip: reasonToSkip(), timeout: 120_000 }, () => {
  let browser, server, shop, owner;

  before(async () => {
    [browser, server] = await Promise.all([launchBrowser(), ProductServer.start()]);
    owner = await server.signIn();
    const [channel] = (await owner.get('/channels')).items;
    await owner.patch(`/channels/${channel.id}`, {
      settings: { ...channel.settings, uploads_enabled: true },
    });
    shop = await new Shop({
      webhookUrl: `${server.url}/api/widget/${server.channelKey}/n8n`,
      loadPreviousSession: true,
      allowFileUploads: true,
      allowedFilesMimeTypes: 'text/plain',
    }).listen();
  });
  after(async () => {
    await browser?.close();
    shop?.close();
    await server?.stop();
  });

  /** A visitor of their own, whose page asks nobody but the shop and the server. */
  async function visit(path = '') {
    const context = await browser.newContext();
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    const strangers = [];
    page.on('request', (request) => {
      const { origin, protocol } = new URL(request.url());
      const known = [server.url, new URL(shop.url).origin];
      if (protocol.startsWith('http') && !known.includes(origin)) strangers.push(request.url());
    });
    await page.goto(shop.url + path);
    const from = (who) => page.locator(`.chat-message-from-${who}`);
    return { context, page, strangers, bot: from('bot'), user: from('user') };
  }

  async function ask(page, text) {
    await page.locator('textarea').fill(text);
    await page.keyboard.press('Enter');
  }

  for (const path of ['', '?streaming']) {
    it(`sends, reads the answer and loads what was said before ${path}`, async () => {
      const { context, page, strangers, bot, user } = await visit(path);
      await ask(page, QUESTION);
      await bot.filter({ hasText: ANSWER }).waitFor();
      await page.locator('.chat-message-typing').waitFor({ state: 'detached' });
      assert.equal(await bot.count(), 1, 'one answer, in one bubble');
      await page.reload();
      await user.filter({ hasText: QUESTION }).waitFor();
      await bot.filter({ hasText: ANSWER }).waitFor();
      await ask(page, 'Thank you!');
      await bot.nth(1).waitFor();
      assert.equal(await page.getByText(/Error|no response/i).count(), 0);
      assert.deepEqual(strangers, []);
      await context.close();
    });
  }

  it('sends a file, which is in the conversation', async () => {
    const { context, page, bot } = await visit();
    const chooser = page.waitForEvent('filechooser');
    await page.locator('.chat-input-file-button').first().click();
    const file = { name: 'order.txt', mimeType: 'text/plain', buffer: Buffer.from('One lamp') };
    await (await chooser).setFiles(file);
    await ask(page, QUESTION);
    await bot.filter({ hasText: ANSWER }).waitFor();
    const [newest] = (await owner.get('/conversations?view=all')).items;
    const { items } = await owner.get(`/conversations/${newest.id}/messages`);
    const [said] = items.filter(({ sender_type }) => sender_type === 'user');
    assert.deepEqual([said.text, said.attachment?.name], [QUESTION, 'order.txt']);
    await context.close();
  });

  it('shows in words why a message was refused', async () => {
    const { context, page, bot } = await visit();
    await ask(page, 'x'.repeat(4001));
    await bot.filter({ hasText: 'A message has 1 to 4,000 characters.' }).waitFor();
    assert.equal(await page.getByText('bad_text').count(), 0);
    await context.close();
  });
});
