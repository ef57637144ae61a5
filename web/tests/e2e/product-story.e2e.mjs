// From a question in the chat to the figures of sales, as it happens to a shop: a visitor asks what something costs and
// leaves an address, a colleague makes a client of the lead and wins the deal, the shop's orders come in as a file. At the
// end every figure on screen is counted again by plain SQL.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { assertAccessible } from './browser.mjs';
import { DemoTeam } from './demo-team.mjs';
import { WidgetPage } from './page-objects.mjs';
import { reasonToSkip } from './product-server.mjs';

const NORA = { name: 'Nora Lind', email: 'nora@fennel-oak.example', password: 'elm by the river' };
const MIA = 'mia@story.example';

const ORDERS = [
  'Order;Status;Customer;Customer ID;Email;Product;SKU;Quantity;Unit price;Shipping;Currency',
  `S-1;delivered;Mia Brown;C-7;${MIA};Leie table;ST-1;1;1490,00;59,00;EUR`,
  `S-2;shipped;Mia Brown;C-7;${MIA};Durme chair;ST-2;4;265,50;0,00;EUR`,
  `S-2;shipped;Mia Brown;C-7;${MIA};Cushion;ST-3;4;19,99;0,00;EUR`,
  `S-3;cancelled;Mia Brown;C-7;${MIA};Anise pendant;ST-4;3;165,00;0,00;EUR`,
  `S-4;delivered;Mia Brown;C-7;${MIA};Gift card;ST-5;1;80,00;0,00;USD`,
  'S-5;delivered;Otto Berg;C-8;otto@story.example;Zwin bench;ST-6;1;640,00;59,00;EUR',
].join('\r\n');

describe('the story of a sale', { skip: reasonToSkip(), timeout: 300_000 }, () => {
  let team, server, visits, owner;
  let client;

  before(async () => {
    team = await DemoTeam.start('agent', NORA, {});
    ({ server, visits, owner } = team);
    const { items } = await owner.get('/channels');
    const { id } = items.find((channel) => channel.channel_key === server.channelKey);
    await owner.patch(`/channels/${id}`, { settings: { lead_capture: 'when_useful' } });
  });
  after(() => team?.stop());
  afterEach(() => visits.close());

  async function sitDown(path) {
    const page = await team.sitDown(path, NORA);
    page.setDefaultTimeout(30_000);
    return page;
  }

  const card = (page, name) => page.getByRole('link', { name, exact: true });
  const column = (page, name) => page.getByRole('region', { name, exact: true });
  const money = (amount, currency = 'EUR') =>
    new Intl.NumberFormat('en-GB', {
      style: 'currency',
      currency,
      currencyDisplay: 'narrowSymbol',
      minimumFractionDigits: 2,
    }).format(amount);
  const percent = (share) => `${Math.round(Number(share))}%`;

  it('a visitor asks what it costs, and leaves an address', async () => {
    const visit = await visits.openAnonymous(
      `${team.site.url}/?channel=${server.channelKey}&utm_source=newsletter&utm_campaign=autumn`,
    );
    visit.record.origins.delete(team.site.url);
    const chat = new WidgetPage(visit.page);
    await chat.open();
    await chat.ask('How much does delivery cost?');
    await chat.teamBubbles.filter({ hasText: /your name and your e-mail address/ }).waitFor();
    await chat.ask(`Mia Brown, ${MIA}`);
    await chat.teamBubbles.filter({ hasText: 'I have noted Mia Brown' }).waitFor();
  });

  it('a colleague sees the lead and makes a client of it, with a deal', async () => {
    const page = await sitDown('leads');
    const row = page.locator('[data-lead]').filter({ hasText: 'Mia Brown' });
    await row.getByText(MIA).waitFor();
    await row.getByRole('button', { name: 'Convert', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: 'Make Mia Brown a client' });
    await dialog.getByRole('switch', { name: 'Open a deal' }).click();
    await dialog.getByLabel('Name of the deal').fill('Table for Mia');
    await dialog.getByLabel('Value').fill('2,611.96');
    await assertAccessible(page, 'a lead becomes a client');
    await dialog.getByRole('button', { name: 'Convert', exact: true }).click();
    await page.getByText('The lead is a client now, and a deal is open.').waitFor();
    await row.getByText('Converted', { exact: true }).waitFor();
    await row.getByRole('link', { name: 'Deal', exact: true }).waitFor();
    await row.getByRole('link', { name: 'Client', exact: true }).click();
    await page.getByRole('heading', { name: 'Mia Brown', level: 1 }).waitFor();
    await page.getByText(MIA).first().waitFor();
    client = new URL(page.url()).pathname.split('/').at(-1);
    const { utm_data, source } = await owner.get(`/crm/clients/${client}`);
    assert.equal(source, 'widget');
    assert.deepEqual(utm_data, { utm_source: 'newsletter', utm_campaign: 'autumn' });
  });

  it('another deal is opened beside the conversation and leads back to it', async () => {
    const page = await sitDown(`clients/${client}`);
    await page.getByRole('link', { name: 'Open conversation' }).click();
    await page.waitForURL('**/inbox/**');
    const conversation = new URL(page.url()).pathname;
    await page.getByRole('button', { name: 'Open a deal' }).click();
    const form = page.getByRole('dialog', { name: 'New deal' });
    await form.getByLabel('Name').fill('Chairs for Mia');
    await form.getByLabel('Value').fill('1062');
    await form.getByRole('button', { name: 'Create deal' }).click();
    await page.getByRole('link', { name: /Chairs for Mia/ }).click();
    await page.getByRole('heading', { name: 'Chairs for Mia', level: 1 }).waitFor();
    await page.getByRole('link', { name: 'Conversation' }).click();
    await page.waitForURL((url) => url.pathname === conversation);
  });

  it('one is dragged to won with the mouse, the other is moved there by keys', async () => {
    const page = await sitDown('deals');
    await card(column(page, 'Prospecting'), 'Table for Mia').dragTo(column(page, 'Won'));
    await close(page, 'Table for Mia');
    await card(page, 'Chairs for Mia').focus();
    for (const stage of ['Qualification', 'Proposal', 'Negotiation']) {
      await page.keyboard.press('Shift+ArrowRight');
      await card(column(page, stage), 'Chairs for Mia').waitFor();
      await page.getByText(`Chairs for Mia moved to ${stage}.`).first().waitFor();
    }
    await page.keyboard.press('Shift+ArrowRight');
    await close(page, 'Chairs for Mia');
    assert.deepEqual(stagesOf('Table for Mia'), ['prospecting', 'closed_won']);
    assert.deepEqual(stagesOf('Chairs for Mia'), [
      'prospecting',
      'qualification',
      'proposal',
      'negotiation',
      'closed_won',
    ]);
  });

  async function close(page, name) {
    const dialog = page.getByRole('dialog', { name: `${name} is won?` });
    await dialog.getByLabel('Why it was won').selectOption('Service');
    await assertAccessible(page, 'why it was won');
    await dialog.getByRole('button', { name: 'Mark as won' }).click();
    await page.getByText(`${name} moved to Won.`).first().waitFor();
    await card(column(page, 'Won'), name).waitFor();
    assert.deepEqual(
      server.rows(`select stage, won_reason from crm_deals where name = '${name}'`),
      [['closed_won', 'Service']],
    );
  }

  function stagesOf(name) {
    const stages = server.rows(
      `select h.to_stage from crm_deal_stages_history h join crm_deals d on d.id = h.deal_id
       where d.name = '${name}' order by h.created_at`,
    );
    return stages.map(([stage]) => stage);
  }

  it('the shop’s orders come in as a file, twice without being counted twice', async () => {
    // an address that was typed in a chat proves nobody's orders: the shop's number does
    await owner.patch(`/crm/clients/${client}`, { ecommerce_customer_id: 'C-7' });
    const page = await sitDown('orders');
    // above the list, and where there is none yet
    await page.getByRole('button', { name: 'Import orders' }).first().click();
    const sheet = page.getByRole('dialog', { name: 'Import orders' });
    const file = { name: 'orders.csv', mimeType: 'text/csv', buffer: Buffer.from(ORDERS) };
    await sheet.locator('input[type=file]').setInputFiles(file);
    await sheet.getByText('5 new').waitFor();
    await assertAccessible(page, 'orders to be imported');
    await sheet.getByRole('button', { name: 'Import 5' }).click();
    await sheet.getByText('Done:').waitFor();
    await sheet.getByRole('button', { name: 'Close' }).last().click();
    await page.getByRole('link', { name: 'S-2' }).waitFor();
    await page.getByRole('button', { name: 'Import orders' }).click();
    await sheet.locator('input[type=file]').setInputFiles(file);
    await sheet.getByText('0 new').waitFor();
    assert.deepEqual(server.rows(`select count(*) from crm_orders where order_number ~ '^S-'`), [
      ['5'],
    ]);
  });

  it('the client’s page says what they have spent', async () => {
    const page = await sitDown(`clients/${client}`);
    const figures = (label) =>
      page.locator('dl div').filter({ has: page.getByText(label, { exact: true }) });
    const counted = server.rows(
      `select o.currency, count(*), sum(i.lines + o.tax + o.shipping - o.discount)
       from crm_orders o, lateral (
           select sum((item->>'quantity')::numeric * (item->>'unit_price')::numeric) as lines
           from jsonb_array_elements(o.items) item) i
       where o.client_id = '${client}' and o.status not in ('cancelled', 'refunded') group by 1 order by 1`,
    );
    assert.deepEqual(counted, [
      ['EUR', '2', '2690.96'],
      ['USD', '1', '80.00'],
    ]);
    for (const [currency, count, total] of counted) {
      const shown = figures(`Revenue, ${currency}`);
      await shown.getByText(money(total, currency), { exact: true }).waitFor();
      await shown.getByText(`${count} order`, { exact: false }).waitFor();
    }
    await figures('Average order')
      .getByText(money(2690.96 / 2), { exact: true })
      .waitFor();
    const [[tenant]] = server.rows(
      `select tenant_id from crm_clients where id = '${client}' limit 1`,
    );
    const [[lifetimeValue]] = server.rows(
      `set app.current_tenant_id = '${tenant}'; select calculate_client_ltv('${client}')`,
    );
    assert.equal(lifetimeValue, '2690.96');
    await figures('Revenue, EUR').getByText(money(lifetimeValue), { exact: true }).waitFor();
    await page.getByText('Customer', { exact: true }).first().waitFor();
    await assertAccessible(page, 'the client who has bought');
    const parts = page.getByRole('navigation', { name: 'Parts of the client' });
    await parts.getByRole('link', { name: 'Orders' }).click();
    await page.getByRole('link', { name: 'S-1' }).waitFor();
    await parts.getByRole('link', { name: 'Deals' }).click();
    await card(page, 'Table for Mia').waitFor();
    await parts.getByRole('link', { name: 'Timeline' }).click();
    await page.getByText('S-2').first().waitFor();
  });

  it('the summary agrees with the books', async () => {
    const lost = await owner.post('/crm/deals', { client_id: client, name: 'Second table' });
    await owner.post(`/crm/deals/${lost.id}/move`, {
      stage: 'closed_lost',
      lost_reason: 'Too expensive',
    });
    await owner.post('/crm/deals', {
      client_id: client,
      name: 'Third table',
      deal_value: '100.10',
    });
    const page = await sitDown('deals');
    const summary = page.getByRole('region', { name: 'How sales stand' });
    const figure = (label) =>
      summary.locator('dl > div').filter({ has: page.getByText(label, { exact: true }) });

    const [[won, all]] = server.rows(
      `select count(*) filter (where stage = 'closed_won'), count(*) from crm_deals where stage ~ '^closed'`,
    );
    assert.deepEqual([won, all], ['2', '3']);
    await figure('Win rate this month')
      .getByText(percent((100 * won) / all), { exact: true })
      .waitFor();
    const [[open, weighted]] = server.rows(
      `select sum(deal_value), round(sum(deal_value * probability / 100), 2) from crm_deals where stage !~ '^closed'`,
    );
    await figure('Open').getByText(money(open), { exact: true }).waitFor();
    await figure('Open')
      .getByText(`${money(weighted)} weighted`)
      .waitFor();
    const [[wonValue]] = server.rows(
      `select sum(deal_value) from crm_deals where stage = 'closed_won'`,
    );
    await figure('Won this month').getByText(money(wonValue), { exact: true }).waitFor();
    for (const [currency, total] of server.rows(
      `select currency, sum(total) from crm_orders where status not in ('cancelled', 'refunded') group by 1`,
    )) {
      await figure('Orders this month')
        .getByText(money(total, currency), { exact: true })
        .waitFor();
    }

    await summary.getByRole('button', { name: 'More figures' }).click();
    const names = { lead: 'Lead', opportunity: 'Opportunity', customer: 'Customer' };
    const counted = server.rows(
      `select lifecycle_stage, count(*) from crm_clients where merged_into is null group by 1`,
    );
    for (const [stage, count] of counted) {
      await summary
        .getByRole('row')
        .filter({ has: page.getByRole('rowheader', { name: names[stage], exact: true }) })
        .getByRole('cell', { name: count, exact: true })
        .waitFor();
    }
    await summary.getByText('Too expensive').waitFor();
    await assertAccessible(page, 'the summary');
  });
});
