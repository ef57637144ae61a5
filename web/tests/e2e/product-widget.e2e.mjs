// The widget designer and what it changes on a strict page of another site, on the real server: drafts, pictures, files
// both ways, and the rating at the end.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { deflateSync } from 'node:zlib';
import { assertAccessible, launchBrowser, openPage } from './browser.mjs';
import { CustomerPage } from './customer-page.mjs';
import { DashboardPage, WidgetPage } from './page-objects.mjs';
import { ProductServer, reasonToSkip } from './product-server.mjs';

const WIDE = { viewport: { width: 1440, height: 900 } };

describe('widget designer', { skip: reasonToSkip(), timeout: 240_000 }, () => {
  let browser, server, site, owner, channel;
  let visits = [];

  before(async () => {
    [browser, server] = await Promise.all([launchBrowser(), ProductServer.start()]);
    site = await new CustomerPage(server.url).listen();
    owner = await server.signIn();
    [channel] = (await owner.get('/channels')).items;
  });
  after(async () => {
    await browser?.close();
    site?.close();
    await server?.stop();
  });
  afterEach(async () => {
    for (const { context, record, expected } of visits) {
      await context.close();
      assert.deepEqual(record.violations, [], 'CSP violations');
      const errors = record.errors.filter((text) => !expected?.test(text));
      assert.deepEqual(errors, [], 'errors in the console');
    }
    visits = [];
  });

  async function open({ expected, ...options } = {}) {
    const opened = await openPage(browser, options);
    opened.page.setDefaultTimeout(30_000);
    visits.push({ ...opened, expected });
    return opened;
  }

  async function visit(options) {
    const opened = await open(options);
    await opened.page.goto(`${site.url}/?channel=${server.channelKey}`);
    const widget = new WidgetPage(opened.page);
    await widget.open();
    return { ...opened, widget };
  }

  async function openDesigner(tab, options = WIDE, expected = /status of (401|409|413|422)/) {
    const { page } = await open({ ...options, expected });
    await page.goto(`${server.url}/app/`);
    await new DashboardPage(page).signIn(server.account);
    await page.waitForURL('**/inbox');
    const inbox = new URL(page.url());
    await page.goto(`${inbox.origin}${inbox.pathname.replace('inbox', 'widget')}?tab=${tab}`);
    await page.getByRole('region', { name: 'Preview' }).waitFor();
    return page;
  }

  const headerColor = (page) =>
    page
      .locator('[data-testid=preview] header')
      .evaluate((element) => getComputedStyle(element).backgroundColor);

  it('changes the preview at once, and visitors only when it is published', async () => {
    const page = await openDesigner('look');
    await assertAccessible(page, 'look');
    await page.getByLabel('Main colour', { exact: true }).fill('#f2c230');
    await page.getByText(/this colour reaches 1\.6:1/).waitFor();
    await page.getByRole('button', { name: /^Use #/ }).waitFor();
    await page.waitForFunction(() => {
      const root = document.querySelector('[data-testid=preview]')?.shadowRoot;
      const header = root?.querySelector('header');
      return header && getComputedStyle(header).backgroundColor === 'rgb(242, 194, 48)';
    });
    await page.getByText('Draft', { exact: true }).waitFor();
    const before = await visit();
    assert.notEqual(
      await before.widget.panel
        .locator('header')
        .evaluate((element) => getComputedStyle(element).backgroundColor),
      'rgb(242, 194, 48)',
    );
    await page.getByRole('button', { name: /^Use #/ }).click();
    await page.getByText('Draft', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Publish' }).click();
    await page.getByText('Published. Visitors see it now.').waitFor();
    const published = await headerColor(page);
    const after = await visit();
    const shown = await after.widget.panel
      .locator('header')
      .evaluate((element) => getComputedStyle(element).backgroundColor);
    assert.equal(shown, published);
  });

  it('says so when somebody else has published meanwhile', async () => {
    const page = await openDesigner('content');
    const publishElsewhere = async (route) => {
      const { revision } = (await owner.get('/channels')).items[0];
      const settings = { placeholder_text: 'Ask away' };
      await owner.patch(`/channels/${channel.id}/draft`, { settings, revision });
      await owner.post(`/channels/${channel.id}/publish`, { revision });
      await route.continue();
    };
    await page.route('**/api/v1/channels/*/draft', publishElsewhere, { times: 1 });
    await page.getByLabel('Display name').fill('Fennel');
    await page.getByText('has published another version meanwhile').waitFor();
    await page.getByRole('button', { name: 'Discard' }).click();
    await page.getByRole('alert').waitFor({ state: 'detached' });
  });

  it('takes a picture for the avatar, and says why it takes nothing else', async () => {
    const page = await openDesigner('look');
    const field = page.locator('input[type=file]').first();
    const send = (name, mimeType, buffer) => field.setInputFiles({ name, mimeType, buffer });
    await send('a.svg', 'image/svg+xml', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'));
    await page.getByText('SVG is not taken').waitFor();
    await send('a.png', 'image/png', Buffer.from('<!doctype html><script>alert(1)</script>'));
    await page.getByText('This is not a PNG').waitFor();
    await send('a.png', 'image/png', Buffer.alloc(2 * 1024 * 1024 + 1));
    await page.getByText('An image has at most 2 MB.').waitFor();
    await send('me.png', 'image/png', png(64));
    await page.locator('[data-testid=preview] img.avatar').waitFor();
    await page.getByText('Draft', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Publish' }).click();
    await page.getByText('Published.').waitFor();
    const { widget } = await visit();
    const size = await widget.panel
      .locator('img.avatar')
      .evaluate((image) => image.decode().then(() => image.naturalWidth));
    assert.equal(size, 64);
  });

  it('sends files both ways and asks for a rating at the end', async () => {
    await owner.patch(`/channels/${channel.id}`, { settings: { uploads_enabled: true } });
    const { page, widget } = await visit();
    await widget.ask('My sideboard arrived scratched');
    await widget.answer(0);
    const clip = widget.button('Send a file');
    await clip.waitFor();
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), clip.click()]);
    await chooser.setFiles({ name: 'scratch.png', mimeType: 'image/png', buffer: png(200) });
    const image = widget.panel.locator('.row.visitor .attachment img');
    await image.waitFor();
    assert.equal(await image.evaluate((one) => one.decode().then(() => one.naturalWidth)), 200);
    await widget.panel.getByText('I cannot look into files myself').waitFor();

    const [conversation] = (await owner.get('/conversations?q=')).items;
    const thread = `/conversations/${conversation.id}`;
    const [, , sent] = (await owner.get(`${thread}/messages`)).items;
    assert.equal(sent.attachment.name, 'scratch.png');
    const terms = await owner.upload('/assets?filename=terms.pdf', '%PDF-1.7 terms');
    const reply = { client_message_id: crypto.randomUUID(), text: 'Our terms.' };
    await owner.post(`${thread}/messages`, { ...reply, attachment_id: terms.id });
    const file = widget.link('File: terms.pdf');
    await file.waitFor();
    const served = await fetch(await file.getAttribute('href'));
    assert.equal(await served.text(), '%PDF-1.7 terms');
    assert.match(served.headers.get('content-disposition'), /^attachment; .*terms\.pdf$/);
    await assertAccessible(page, 'files in the widget');

    await owner.patch(thread, { status: 'resolved' });
    await widget.button('Good', { exact: true }).first().waitFor();
    await assertAccessible(page, 'rating');
    await widget.panel.getByRole('button', { name: 'Good', exact: true }).click();
    await widget.panel.getByLabel('What could be better? (optional)').fill('Quicker, please.');
    const isKept = page.waitForResponse((answer) =>
      answer.request().postData()?.includes('Quicker, please.'),
    );
    await widget.panel.locator('.rating').getByRole('button', { name: 'Send' }).click();
    await widget.panel.getByText('Thank you for telling us.').waitFor();
    assert.equal((await isKept).ok(), true);
    const rated = await owner.get(thread);
    assert.deepEqual([rated.rating, rated.rating_comment], [4, 'Quicker, please.']);
  });

  it('asks for an address when nobody is there', async () => {
    const settings = await owner.get('/inbox-settings');
    const closed = { ...settings, business_hours: { monday: [['00:00', '00:01']] } };
    await owner.send('PUT', '/inbox-settings', closed);
    // what visitors get is read anew after two seconds at most
    const address = `${server.url}/api/widget/${server.channelKey}`;
    while ((await (await fetch(address)).json()).people === null);
    const { widget } = await visit();
    await widget.ask('I would like to talk to a person');
    await widget.panel.getByText('Leave your e-mail address').waitFor();
    await widget.panel.getByLabel('E-mail address').fill('mia@example.com');
    await widget.panel.locator('.contact').getByRole('button', { name: 'Send' }).click();
    await widget.panel
      .getByText('We will use mia@example.com if we have to write to you.')
      .waitFor();
    await owner.send('PUT', '/inbox-settings', settings);
  });

  for (const [scheme, locale, width] of [
    ['light', 'fr-FR', 1440],
    ['dark', 'en-GB', 375],
  ]) {
    it(`is accessible in ${scheme}, ${locale}, at ${width} pixels`, async () => {
      const options = { viewport: { width, height: 900 }, colorScheme: scheme };
      const page = await openDesigner('content', options);
      if (locale === 'fr-FR') {
        await page.evaluate(() => localStorage.setItem('rapport.language', 'fr'));
      }
      for (const tab of ['content', 'look', 'behaviour', 'install']) {
        const address = new URL(page.url());
        await page.goto(`${address.origin}${address.pathname}?tab=${tab}&moment=answer`);
        await page.locator('[data-testid=preview] header').waitFor();
        await assertAccessible(page, `${tab} ${scheme}`);
        const overflow = await page.evaluate(
          () => document.documentElement.scrollWidth - innerWidth,
        );
        assert.ok(overflow <= 0, `${tab}: ${overflow} px too wide`);
      }
    });
  }
});

/** A real picture of one colour. */
function png(side) {
  const row = Buffer.concat([Buffer.from([0]), Buffer.alloc(side * 3, 0x99)]);
  const pixels = deflateSync(Buffer.concat(Array.from({ length: side }, () => row)));
  const head = Buffer.alloc(13);
  head.writeUInt32BE(side, 0);
  head.writeUInt32BE(side, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const chunk = (name, data) => {
    const body = Buffer.concat([Buffer.from(name), data]);
    const framed = Buffer.alloc(body.length + 8);
    framed.writeUInt32BE(data.length, 0);
    framed.set(body, 4);
    framed.writeUInt32BE(crc(body), body.length + 4);
    return framed;
  };
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', head),
    chunk('IDAT', pixels),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function crc(bytes) {
  let value = ~0;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit += 1) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
  }
  return ~value >>> 0;
}
