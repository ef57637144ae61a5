// Several web chats of one business, who may show them and who may write in them: set up in the designer and seen on
// the pages of customers, on the real server.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, afterEach, before, describe, it } from 'node:test';
import { assertAccessible, launchBrowser, openPage } from './browser.mjs';
import { CustomerPage } from './customer-page.mjs';
import { Visits } from './dashboard-visit.mjs';
import { WidgetPage } from './page-objects.mjs';
import { PAYLOADS } from './product-payloads.mjs';
import { ProductServer, reasonToSkip } from './product-server.mjs';

const APP = '/app/fennel-oak';

/** A workflow of n8n, seen from outside. */
class Workflow {
  isBroken = false;
  #server = createServer(async (request, response) => {
    const { chatInput } = JSON.parse((await request.toArray()).join(''));
    response.writeHead(this.isBroken ? 500 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ output: `The workflow says: ${chatInput}` }));
  });

  static async listen() {
    const workflow = new Workflow();
    workflow.#server.listen(0, '127.0.0.1');
    await once(workflow.#server, 'listening');
    return workflow;
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}/webhook/chat`;
  }

  close() {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

describe('web chats', { skip: reasonToSkip(), timeout: 280_000 }, () => {
  let browser, server, site, stranger, visits, owner, first, workflow;
  let visitors = [];

  before(async () => {
    workflow = await Workflow.listen();
    const settings = { RAPPORT_OUTBOUND_ALLOW: new URL(workflow.url).host };
    [browser, server] = await Promise.all([launchBrowser(), ProductServer.start(settings)]);
    site = await new CustomerPage(server.url).listen();
    stranger = await new CustomerPage(server.url).listen();
    visits = new Visits(browser, server);
    owner = await server.signIn();
    [first] = (await owner.get('/channels')).items;
  });
  after(async () => {
    await browser?.close();
    site?.close();
    stranger?.close();
    workflow?.close();
    await server?.stop();
  });
  afterEach(async () => {
    for (const { context, record, expected } of visitors.splice(0)) {
      await context.close();
      assert.deepEqual(record.violations, [], 'CSP violations');
      assert.deepEqual(
        record.errors.filter((text) => !expected?.test(text)),
        [],
        'errors in the console',
      );
    }
    await visits.close();
  });

  async function openDesigner(address) {
    const visit = await visits.open({ path: `${APP}/widget${address}` });
    visit.page.setDefaultTimeout(30_000);
    await visit.page.getByRole('region', { name: 'Preview' }).waitFor();
    return visit;
  }

  /** A customer's page; `expected` names what its console may say. */
  async function visitPage({ key = first.channel_key, at = site, expected } = {}) {
    const opened = await openPage(browser);
    opened.page.setDefaultTimeout(30_000);
    visitors.push({ ...opened, expected });
    await opened.page.goto(`${at.url}/?channel=${key}`);
    return { ...opened, widget: new WidgetPage(opened.page) };
  }

  /** Opens a page on which the chat must not be. */
  async function assertNoChat(options) {
    const opened = await openPage(browser);
    visitors.push({ ...opened, expected: /status of 40[34]/ });
    const { key = first.channel_key, at = site } = options;
    const warning = opened.page.waitForEvent('console', (line) => line.type() === 'warning');
    await opened.page.goto(`${at.url}/?channel=${key}`);
    const text = (await warning).text();
    assert.equal(await opened.page.locator('rapport-widget').count(), 0);
    return text;
  }

  const publish = async (page) => {
    await page.getByText('Draft', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Publish' }).click();
    await page.getByText('Published. Visitors see it now.').waitFor();
  };

  it('suggests questions in their order, hostile ones as text, and only what is published', async () => {
    const { page } = await openDesigner('');
    const rows = page.getByRole('textbox', { name: /^Question \d$/ });
    const before = await rows.evaluateAll((fields) => fields.map(({ value }) => value));
    const [hostile] = PAYLOADS.filter((text) => text.length < 100);
    await page.getByRole('button', { name: 'Add a question' }).click();
    await page.keyboard.type(hostile);
    const last = before.length + 1;
    await page.getByRole('button', { name: `Move question ${last} up` }).click();
    await page.getByRole('button', { name: 'Remove question 1' }).click();
    const wanted = before.slice(1).toSpliced(-1, 0, hostile);
    await page.waitForFunction((texts) => {
      const root = document.querySelector('[data-testid=preview]')?.shadowRoot;
      const chips = [...(root?.querySelectorAll('.chip') ?? [])].map((one) => one.textContent);
      return JSON.stringify(chips) === JSON.stringify(texts);
    }, wanted);
    await page.getByText('Draft', { exact: true }).waitFor();
    const draft = await visitPage();
    await draft.widget.open();
    assert.deepEqual(await draft.widget.chips.allTextContents(), before);
    await publish(page);
    const published = await visitPage();
    await published.widget.open();
    assert.deepEqual(await published.widget.chips.allTextContents(), wanted);
    await owner.patch(`/channels/${first.id}`, { settings: { suggested_messages: before } });
  });

  it('takes hostile texts into every field of the designer, and shows them as texts', async () => {
    const { page, context } = await openDesigner('');
    const hits = [];
    await context.exposeBinding('hit', () => hits.push('hit'));
    const named = PAYLOADS.map((text) => text.replaceAll('\n', ' ').trim()).filter(
      (text) => text.length <= 60,
    );
    for (const text of named) {
      await page.getByLabel('Display name').fill(text);
      await page.getByLabel('Welcome message').fill(text);
      await page.getByLabel('Question 1', { exact: true }).fill(text);
      await page.waitForFunction((wanted) => {
        const root = document.querySelector('[data-testid=preview]')?.shadowRoot;
        const shown = ['.name', '.chip'].map((one) => root?.querySelector(one)?.textContent);
        return shown.every((one) => one?.trim() === wanted.trim());
      }, text);
    }
    const made = await page.evaluate(() => {
      const root = document.querySelector('[data-testid=preview]').shadowRoot;
      return root.querySelectorAll('script, img:not(.avatar), iframe, object, style').length;
    });
    assert.equal(made, 0);
    const settled = page.waitForResponse((one) => one.request().method() === 'DELETE');
    await page.getByText('Draft', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Discard' }).click();
    await settled;
    assert.deepEqual(hits, []);
  });

  it('adds a second chat like the first, renames it, silences it and turns it off', async () => {
    const visit = await openDesigner('?new=1');
    visit.expected = /status of 409/;
    const { page } = visit;
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill(first.name);
    await dialog.getByRole('button', { name: 'Create' }).click();
    await dialog.getByText('There is a channel of this name already.').waitFor();
    const hostile = '<img src=x onerror=hit()>';
    await dialog.getByLabel('Name').fill(hostile);
    await assertAccessible(page, 'new web chat');
    await dialog.getByRole('button', { name: 'Create' }).click();
    await page.waitForURL(/\/widget\/[^?]+\?tab=install/);
    const made = (await owner.get('/channels')).items.find(({ name }) => name === hostile);
    assert.equal(made.settings.primary_color, first.settings.primary_color);
    assert.match(await page.getByLabel('Script tag').innerText(), new RegExp(made.channel_key));

    await page.getByRole('link', { name: 'Behaviour' }).click();
    const part = page.getByRole('region', { name: 'This web chat' });
    await part.getByLabel('Name').fill('Café');
    await part.getByRole('button', { name: 'Rename' }).click();
    const choice = page.getByLabel('Web chat', { exact: true });
    await choice.locator('option', { hasText: 'Café' }).waitFor({ state: 'attached' });
    await assertAccessible(page, 'a second chat');
    await choice.selectOption({ label: first.name });
    await page.waitForURL(`**/widget/${first.id}?tab=behaviour`);
    await choice.selectOption({ label: 'Café' });
    await page.waitForURL(`**/widget/${made.id}?tab=behaviour`);

    const stored = page.waitForResponse((one) => one.request().method() === 'PATCH');
    await part.getByRole('switch', { name: 'The assistant answers here' }).click();
    await stored;
    // its live feed ends when the chat is turned off below
    const { widget } = await visitPage({
      key: made.channel_key,
      expected: /CORS policy|ERR_FAILED/,
    });
    await widget.open();
    await widget.ask('Do you ship to Belgium?');
    await widget.visitorBubbles.first().waitFor();
    const waiting = async () => (await owner.get(`/conversations?channel=${made.id}`)).items;
    while (!(await waiting()).some((one) => one.needs_person));
    assert.equal(await widget.teamBubbles.count(), 1, 'nothing but the greeting');

    await part.getByRole('switch', { name: 'Show this chat' }).click();
    await page.getByText('This chat is turned off').waitFor();
    await choice.locator('option', { hasText: 'Café (off)' }).waitFor({ state: 'attached' });
    await assertNoChat({ key: made.channel_key });
    await part.getByRole('switch', { name: 'Show this chat' }).click();
    await page.getByText('This chat is turned off').waitFor({ state: 'detached' });
    const again = await visitPage({ key: made.channel_key });
    await again.widget.launcher.waitFor();
  });

  it('lets a workflow answer, and tells why it did not', async () => {
    const visit = await openDesigner('?tab=answers');
    visit.expected = /status of 422/;
    const { page } = visit;
    const who = page.getByRole('region', { name: 'Who answers' });
    await who.getByLabel('Answers come from').selectOption({ label: 'your own workflow' });
    await who.getByLabel('Address of the workflow').fill('http://169.254.169.254/latest');
    await who.getByRole('button', { name: 'Keep who answers' }).click();
    await who.getByRole('alert').waitFor();
    await who.getByLabel('Address of the workflow').fill(workflow.url);
    await who.getByRole('button', { name: 'Keep who answers' }).click();
    await page.getByText('From now on they answer here.').waitFor();
    const tried = page.getByRole('region', { name: 'Try it' });
    await tried.getByRole('button', { name: 'Ask the workflow' }).click();
    await tried.getByText('The workflow says: Hello').waitFor();
    await assertAccessible(page, 'who answers in a web chat');

    const { widget } = await visitPage();
    await widget.open();
    await widget.ask('Is anybody there?');
    await widget.teamBubbles.filter({ hasText: 'The workflow says: Is anybody there?' }).waitFor();
    workflow.isBroken = true;
    await widget.ask('Do you ship to Belgium?');
    await widget.teamBubbles.filter({ hasText: 'Belgium is where we are at home' }).waitFor();
    await page.reload();
    const errors = page.getByRole('region', { name: 'Why it did not answer' });
    await errors.getByRole('definition').getByText('1', { exact: true }).waitFor();
    await errors.getByRole('listitem').getByText('Answered with an error').waitFor();
    await errors.getByRole('link', { name: /conversation/i }).waitFor();

    await who.getByLabel('Answers come from').selectOption({ label: 'the assistant' });
    await who.getByRole('button', { name: 'Keep who answers' }).click();
    await page.getByText('From now on they answer here.').waitFor();
  });

  it('is shown by allowed sites only, from the moment that the list says so', async () => {
    const visit = await openDesigner('?tab=behaviour');
    visit.expected = /status of 422/;
    const { page } = visit;
    const add = async (text) => {
      await page.getByLabel('Add a site').fill(text);
      await page.getByRole('button', { name: 'Add', exact: true }).click();
    };
    await page.getByText('Any site.').waitFor();
    await add('https://*.example');
    await page.getByText(/is not an origin such as/).waitFor();
    // a page's whole address, as people paste it
    await add(`${site.url}/shop/lamps?colour=red`);
    const remove = page.getByRole('button', { name: `Remove ${site.url}` });
    await remove.waitFor();
    await assertAccessible(page, 'allowed sites');
    const { widget } = await visitPage();
    await widget.launcher.waitFor();
    assert.match(await assertNoChat({ at: stranger }), /not among the channel's allowed origins/);
    await remove.click();
    await page.getByText('Any site.').waitFor();
    const free = await visitPage({ at: stranger });
    await free.widget.launcher.waitFor();
  });

  it('knows a customer by the token that the shown code makes, until the secret is renewed', async () => {
    const { page } = await openDesigner('?tab=install');
    const dialog = page.getByRole('dialog', { name: 'New secret' });
    const renew = async () => {
      await page.getByRole('button', { name: 'New secret' }).click();
      await dialog.getByRole('button', { name: 'New secret' }).click();
      const secret = await dialog.getByLabel('Identity secret').innerText();
      await dialog.getByRole('button', { name: 'Close', exact: true }).click();
      await dialog.waitFor({ state: 'detached' });
      assert.match(secret, /^ws_/);
      assert.equal((await page.content()).includes(secret), false, 'shown once');
      return secret;
    };
    const old = await renew();
    await page.getByText('How to use it').click();
    const code = await page.locator('pre').innerText();
    const { identityToken } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
    const customer = { id: 7, name: 'Odile Renard', email: 'odile@example.com' };

    const known = await visitPage();
    await known.widget.open();
    await known.page.evaluate(
      (token) => globalThis.Rapport.identify(token),
      identityToken(customer, old),
    );
    await known.widget.ask('Do you ship to Belgium?');
    await known.widget.answer(0);
    const named = async () => (await owner.get('/conversations?q=Odile')).items;
    assert.deepEqual(
      (await named()).map(({ contact }) => [contact.name, contact.email]),
      [[customer.name, customer.email]],
    );

    const secret = await renew();
    const refused = await visitPage({ expected: /status of 401/ });
    await refused.widget.open();
    await refused.page.evaluate(
      (token) => globalThis.Rapport.identify(token),
      identityToken(customer, old),
    );
    await refused.widget.ask('Do you ship to France?');
    await refused.widget.button('Retry').waitFor();
    // the same customer on another device finds the conversation
    const second = await visitPage();
    await second.widget.open();
    await second.page.evaluate(
      (token) => globalThis.Rapport.identify(token),
      identityToken(customer, secret),
    );
    await second.widget.ask('And to Germany?');
    await second.widget.visitorBubbles.filter({ hasText: 'Do you ship to Belgium?' }).waitFor();
    await second.widget.answer(1);
    assert.equal((await named()).length, 1);
  });

  it('links the privacy policy in the chat', async () => {
    const visit = await visits.open({ path: `${APP}/settings/privacy` });
    const { page } = visit;
    await page.getByLabel('Privacy policy').fill('https://www.example.com/privacy');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('Saved.').waitFor();
    // what visitors get is read anew after two seconds at most
    const address = `${server.url}/api/widget/${first.channel_key}`;
    while (!(await (await fetch(address)).json()).privacy_url);
    const { widget, page: customerPage } = await visitPage();
    await widget.open();
    const link = widget.link('Privacy');
    await link.waitFor();
    assert.equal(await link.getAttribute('href'), 'https://www.example.com/privacy');
    assert.equal(await link.getAttribute('target'), '_blank');
    await assertAccessible(customerPage, 'a chat with its privacy policy');
  });

  it('tells a blocked visitor that it is over, once, and offers no way to try again', async () => {
    const { widget, page } = await visitPage({ expected: /status of 403/ });
    await widget.open();
    await widget.ask('Do you ship to Belgium?');
    await widget.answer(0);
    const [{ contact }] = (await owner.get('/conversations')).items;
    await owner.patch(`/contacts/${contact.id}`, { is_blocked: true });
    await widget.ask('And to Mars, you fools?');
    await widget.delivery.getByText('This conversation is closed.').waitFor();
    assert.equal(await widget.button('Retry').count(), 0);
    await assertAccessible(page, 'a blocked visitor');
    await owner.patch(`/contacts/${contact.id}`, { is_blocked: false });
    await widget.ask('Sorry. Do you ship to France?');
    await widget.answer(1);
  });

  it('keeps what could not be saved until somebody decides', async () => {
    const visit = await openDesigner('');
    visit.expected = /ERR_FAILED/;
    const { page } = visit;
    await page.getByLabel('Booking link').fill('http://cal.example');
    await page.getByText('A link to a booking page begins with https://.').waitFor();
    await page.route('**/channels/*/draft', (route) => route.abort(), { times: 1 });
    await page.getByLabel('Placeholder').fill('Tell me more');
    await page.getByRole('alert').filter({ hasNotText: 'booking' }).waitFor();
    await page.getByRole('link', { name: 'Knowledge' }).click();
    await page.getByText('Leave without saving?').waitFor();
    await assertAccessible(page, 'leaving the designer');
    await page.getByRole('button', { name: 'Stay here' }).click();
    await page.getByLabel('Placeholder').fill('Tell me more.');
    await page.getByRole('alert').filter({ hasNotText: 'booking' }).waitFor({ state: 'detached' });
    // what was typed a moment ago is saved on the way out
    const saved = page.waitForResponse((one) => one.url().endsWith('/draft'));
    await page.getByLabel('Placeholder').fill('Tell me all');
    await page.getByRole('link', { name: 'Knowledge' }).click();
    await page.getByRole('heading', { name: 'Knowledge' }).waitFor();
    await saved;
    const draft = async () => (await owner.get(`/channels/${first.id}`)).draft;
    while ((await draft())?.placeholder_text !== 'Tell me all');
    assert.equal((await draft()).booking_url ?? null, first.settings.booking_url ?? null);
  });
});
