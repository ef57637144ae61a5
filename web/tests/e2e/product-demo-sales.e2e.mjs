// What `rapport demo` shows of sales: a shop whose team has worked with it for a while.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { assertAccessible, launchBrowser } from './browser.mjs';
import { Visits } from './dashboard-visit.mjs';
import { ProductServer, reasonToSkip } from './product-server.mjs';

const APP = '/app/fennel-oak';

describe('the sales of the demonstration', { skip: reasonToSkip(), timeout: 240_000 }, () => {
  let browser, server, visits;

  before(async () => {
    [browser, server] = await Promise.all([
      launchBrowser(),
      ProductServer.start({}, { hasSales: true }),
    ]);
    visits = new Visits(browser, server);
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });
  afterEach(() => visits.close());

  it('says who is met today beside the first steps', async () => {
    await server.api.post('/meetings', {
      title: 'Showroom: the long table',
      scheduled_at: '2031-03-03T12:30:00Z',
      attendee_name: 'Lotte Smets',
    });
    const { page } = await visits.open({ path: `${APP}/clients` });
    await page.clock.setFixedTime('2031-03-03T12:00:00Z');
    await page.goto(`${server.url}${APP}/home`);
    await page.getByRole('heading', { name: 'Get started' }).waitFor();
    await page
      .getByRole('region', { name: 'Today’s meetings' })
      .getByText('Lotte Smets', { exact: true })
      .waitFor();
    await assertAccessible(page, 'home with meetings');
  });

  it('has clients, deals in every stage, orders, leads and meetings', async () => {
    const { page } = await visits.open({ path: `${APP}/clients` });
    await page.getByRole('heading', { name: 'Clients', exact: true }).waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('d');
    for (const [stage, name] of [
      ['Prospecting', 'Benches for the canteen'],
      ['Qualification', 'Leie table to Bristol'],
      ['Proposal', 'Wedding list'],
      ['Negotiation', 'Show flat, second floor'],
      ['Won', 'Bedroom linen'],
      ['Lost', 'Dining room'],
    ]) {
      await page
        .getByRole('region', { name: stage, exact: true })
        .getByRole('link', { name, exact: true })
        .waitFor();
    }
    const counted = server.rows(
      `select (select count(*) from crm_clients), (select count(*) from crm_products),
         (select count(*) from crm_orders), (select count(*) from leads),
         (select count(*) from meetings where attendee_email is not null)`,
    );
    assert.deepEqual(counted, [['24', '10', '12', '3', '3']]);
  });

  it('finds an order from anywhere, and leads from a deal to what was said', async () => {
    const { page } = await visits.open({ path: `${APP}/clients` });
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog', { name: 'Command palette' }).waitFor();
    await page.keyboard.type('FO-203890');
    await page.getByRole('option', { name: /FO-203890/ }).click();
    await page.getByRole('dialog', { name: 'Order FO-203890' }).waitFor();
    const { items } = await server.api.get('/crm/deals?q=bristol');
    await page.goto(`${server.url}${APP}/deals/${items[0].id}`);
    await page.getByRole('link', { name: 'Conversation' }).click();
    await page.waitForURL('**/inbox/**');
    await page.getByRole('log').getByText('do you deliver the Leie table to Bristol').waitFor();
  });

  it('takes down a lead who came another way', async () => {
    const { page } = await visits.open({ path: `${APP}/leads` });
    await page.getByRole('heading', { name: 'Emma Willems' }).waitFor();
    await page.keyboard.press('n');
    const dialog = page.getByRole('dialog', { name: 'New lead' });
    await dialog.getByLabel('Name').fill('Noor Haddad');
    await dialog.getByLabel('Phone').fill('+32 470 55 09 01');
    await assertAccessible(page, 'a new lead');
    await dialog.getByRole('button', { name: 'New lead' }).click();
    const row = page.locator('[data-lead]').filter({ hasText: 'Noor Haddad' });
    await row.getByRole('button', { name: 'Convert', exact: true }).click();
    const convert = page.getByRole('dialog', { name: 'Make Noor Haddad a client' });
    await convert.getByRole('switch', { name: 'Open a deal' }).click();
    await convert.getByLabel('Value').fill('much');
    await convert.getByRole('button', { name: 'Convert', exact: true }).click();
    await convert.getByText('Write an amount such as 1234.50.').waitFor();
    await convert.getByLabel('Value').fill('1,250.5');
    await convert.getByRole('button', { name: 'Convert', exact: true }).click();
    await row.getByRole('link', { name: 'Deal', exact: true }).click();
    await page.getByText('€1,250.50').first().waitFor();
  });
});
