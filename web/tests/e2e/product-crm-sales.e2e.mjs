// Deals on the board by mouse and by keys, orders, products and pipelines, on the real server.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { assertAccessible, launchBrowser } from './browser.mjs';
import { Visits } from './dashboard-visit.mjs';
import { ProductServer, reasonToSkip, Visitor } from './product-server.mjs';

describe('sales', { skip: reasonToSkip(), timeout: 300_000 }, () => {
  let browser, server, visits, owner, conversation, stages;

  before(async () => {
    [browser, server] = await Promise.all([launchBrowser(), ProductServer.start()]);
    visits = new Visits(browser, server);
    owner = await server.signIn();
    const visitor = await Visitor.begin(server.url, server.channelKey);
    await visitor.ask('What would ten oak chairs cost?');
    conversation = visitor.conversationId;
    stages = (await owner.get('/crm/pipelines')).items[0].stages;
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });
  afterEach(() => visits.close());

  const path = (rest) => `/app/fennel-oak${rest}`;
  const stage = (meaning) => stages.find((one) => one.stage === meaning);
  const deal = (name, more = {}) =>
    owner.post('/crm/deals', { conversation_id: conversation, name, ...more });
  const column = (page, meaning) =>
    page.getByRole('region', { name: stage(meaning).name, exact: true });
  const card = (page, name) => page.getByRole('link', { name, exact: true });
  const now = async (id) => (await owner.get(`/crm/deals/${id}`)).stage;

  it('moves a deal by the mouse, and takes it back', async () => {
    const { id } = await deal('Ten chairs', { deal_value: '1490.00', currency: 'EUR' });
    await deal('One lamp', { deal_value: '59.90', currency: 'USD' });
    const { page } = await visits.open({ path: path('/deals') });
    await page.keyboard.press('g');
    await page.keyboard.press('d');
    const from = column(page, 'prospecting');
    const to = column(page, 'proposal');
    await from.getByText('€1,490.00').first().waitFor();
    await from.getByText('US$59.90').or(from.getByText('$59.90')).first().waitFor();
    await assertAccessible(page, 'board');
    await card(page, 'Ten chairs').dragTo(to);
    await to.getByRole('link', { name: 'Ten chairs', exact: true }).waitFor();
    await page
      .getByText(`Ten chairs moved to ${stage('proposal').name}.`)
      .first()
      .waitFor();
    await to.getByText('€745.00 weighted').waitFor();
    assert.equal(await now(id), 'proposal');
    await page.getByRole('button', { name: 'Undo' }).click();
    await from.getByRole('link', { name: 'Ten chairs', exact: true }).waitFor();
    await page
      .getByText(`Ten chairs moved to ${stage('prospecting').name}.`)
      .first()
      .waitFor();
    assert.equal(await now(id), 'prospecting');
  });

  it('moves a deal by keys, asks why it was lost, and hears of a colleague who was faster', async () => {
    const { id } = await deal('Corner desk', { deal_value: '800.00', currency: 'EUR' });
    const visit = await visits.open({ path: path('/deals') });
    const { page } = visit;
    const link = card(page, 'Corner desk');
    await link.focus();
    await page.keyboard.press('Shift+ArrowRight');
    await column(page, 'qualification').getByRole('link', { name: 'Corner desk' }).waitFor();
    await page
      .getByText(`Corner desk moved to ${stage('qualification').name}.`)
      .first()
      .waitFor();
    assert.equal(await link.evaluate((element) => element === document.activeElement), true);

    await page.keyboard.press('m');
    await page.getByRole('combobox', { name: 'Move to' }).fill(stage('closed_lost').name);
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Corner desk is lost?' });
    const confirm = dialog.getByRole('button', { name: 'Mark as lost' });
    assert.ok(await confirm.isDisabled());
    await assertAccessible(page, 'why it was lost');
    await dialog.getByLabel('Why it was lost').selectOption('Too expensive');
    await dialog.getByLabel('Competitor').fill('Oak & Sons');
    await confirm.click();
    await column(page, 'closed_lost').getByRole('link', { name: 'Corner desk' }).waitFor();
    // it stands there before the server has said so
    await page
      .getByText(`Corner desk moved to ${stage('closed_lost').name}.`)
      .first()
      .waitFor();
    const lost = await owner.get(`/crm/deals/${id}`);
    assert.deepEqual([lost.lost_reason, lost.competitor], ['Too expensive', 'Oak & Sons']);

    // a colleague's move shows by itself
    const other = await deal('Garden bench', { deal_value: '300.00', currency: 'EUR' });
    await card(page, 'Garden bench').waitFor();
    await owner.post(`/crm/deals/${other.id}/move`, { pipeline_stage_id: stage('negotiation').id });
    await column(page, 'negotiation').getByRole('link', { name: 'Garden bench' }).waitFor();
  });

  it('keeps a deal’s page: facts, products, history, the way to the conversation', async () => {
    const { id } = await deal('Library wall', {
      currency: 'EUR',
      products: [{ name: 'Shelf', quantity: 3, unit_price: '0.10' }],
    });
    const { page } = await visits.open({ path: path(`/deals/${id}`) });
    await page.getByRole('heading', { name: 'Library wall', level: 1 }).waitFor();
    await page.getByRole('row', { name: 'Sum €0.30' }).waitFor();
    await page.getByRole('button', { name: 'Change products' }).click();
    const dialog = page.getByRole('dialog', { name: 'Products' });
    await dialog.getByRole('button', { name: 'Other line' }).click();
    await dialog.getByLabel('Product of line 2').fill('Ladder');
    await dialog.getByLabel('Price of line 2').fill('0.20');
    await assertAccessible(page, 'products of a deal');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('row', { name: 'Sum €0.50' }).waitFor();
    assert.equal((await owner.get(`/crm/deals/${id}`)).deal_value, '0.50');
    await page.getByRole('button', { name: stage('negotiation').name, exact: true }).click();
    await page.getByText(`${stage('prospecting').name} → ${stage('negotiation').name}`).waitFor();
    await page.getByRole('link', { name: 'Conversation' }).click();
    await page.waitForURL(`**/inbox/${conversation}?view=all`);
    await page.getByRole('button', { name: 'Open a deal' }).click();
    const form = page.getByRole('dialog', { name: 'New deal' });
    await form.getByLabel('Name').fill('Second wall');
    await form.getByLabel('Value').fill('1,250.5');
    await form.getByRole('button', { name: 'Create deal' }).click();
    await page.getByRole('link', { name: /Second wall/ }).waitFor();
    const [made] = (await owner.get('/crm/deals?q=second')).items;
    assert.deepEqual([made.deal_value, made.conversation_id], ['1250.50', conversation]);
  });

  it('imports products, switches one off, and writes down an order', async () => {
    const { client_id } = await deal('An order', { currency: 'EUR' });
    const { page } = await visits.open({ path: path('/products?import=1') });
    const sheet = page.getByRole('dialog', { name: 'Import products' });
    await sheet.locator('input[type=file]').setInputFiles({
      name: 'products.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from(
        'Name;SKU;Price;Currency\nOak chair;CH-1;149,00;EUR\nLamp;LP-1;much;EUR\n',
      ),
    });
    await sheet.getByText('1 cannot be read').waitFor();
    await assertAccessible(page, 'import');
    await sheet.getByRole('button', { name: 'Import 1' }).click();
    await sheet.getByText('Done:').waitFor();
    await sheet.getByRole('button', { name: 'Close' }).last().click();
    const active = page.getByRole('switch', { name: 'Oak chair is offered' });
    await active.click();
    await page.locator('[role=switch][aria-checked=false]').waitFor();
    await active.click();
    await page.locator('[role=switch][aria-checked=true]').waitFor();

    const order = await owner.post('/crm/orders', {
      client_id,
      order_number: 'A-1001',
      currency: 'EUR',
      items: [{ sku: 'CH-1', quantity: 2 }],
      tax: '59.60',
    });
    await page.goto(server.url + path('/orders?q=A-1'));
    await page.getByRole('link', { name: 'A-1001' }).click();
    const open = page.getByRole('dialog', { name: 'Order A-1001' });
    await open.getByRole('row', { name: 'Total €357.60' }).waitFor();
    await assertAccessible(page, 'order');
    await open.getByLabel('Status').selectOption('shipped');
    await page.getByText('The order is now: Shipped.').waitFor();
    const stored = await owner.get(`/crm/orders/${order.id}`);
    assert.equal(stored.status, 'shipped');
    assert.ok(stored.shipped_date);
  });

  it('changes a pipeline', async () => {
    const { page } = await visits.open({ path: path('/settings/sales-pipelines') });
    await page.getByRole('button', { name: 'New pipeline' }).click();
    const dialog = page.getByRole('dialog', { name: 'New pipeline' });
    await dialog.getByLabel('Name', { exact: true }).fill('Partners');
    await dialog.getByRole('button', { name: 'Move Qualification up' }).click();
    await assertAccessible(page, 'pipeline');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('listitem').filter({ hasText: 'Partners' }).first().waitFor();
    const made = (await owner.get('/crm/pipelines')).items.find(({ name }) => name === 'Partners');
    assert.deepEqual(
      made.stages.slice(0, 2).map((one) => one.stage),
      ['qualification', 'prospecting'],
    );
  });

  it('looks right in both themes, in French and on a phone', async () => {
    for (const [where, options] of [
      ['dark', { colorScheme: 'dark' }],
      ['French', { locale: 'fr' }],
      ['phone', { viewport: { width: 390, height: 844 } }],
    ]) {
      const { page } = await visits.open(options);
      for (const rest of ['/deals', '/deals?view=table', '/orders', '/products']) {
        await page.goto(server.url + path(rest));
        await page.getByRole('heading', { level: 1 }).waitFor();
        await page.waitForFunction(() => !document.querySelector('.animate-late'));
        await assertAccessible(page, `${rest}, ${where}`);
        const isWide = await page.evaluate(
          () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
        );
        assert.ok(!isWide, `${rest}, ${where}`);
      }
    }
  });
});
