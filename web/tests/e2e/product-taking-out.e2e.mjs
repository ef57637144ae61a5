// Data that leaves, on the real server: the workspace as a file, a person's data, what is deleted by age.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { assertAccessible, launchBrowser } from './browser.mjs';
import { Visits } from './dashboard-visit.mjs';
import { ProductServer, reasonToSkip } from './product-server.mjs';

const ZIP = 'PK';

describe('taking data out', { skip: reasonToSkip(), timeout: 300_000 }, () => {
  let browser, server, visits;

  before(async () => {
    [browser, server] = await Promise.all([launchBrowser(), ProductServer.start()]);
    visits = new Visits(browser, server);
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });
  afterEach(() => visits.close());

  const settings = (id) => `/app/fennel-oak/settings/${id}`;

  /** The first bytes of what a link downloads. */
  async function fetched(page, link) {
    const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
    const chunks = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk);
    return Buffer.concat(chunks).subarray(0, 2).toString();
  }

  it('gives an owner the workspace as a file', async () => {
    const { page } = await visits.open({ path: settings('workspace') });
    await page.getByRole('button', { name: 'Export the workspace' }).click();
    const link = page.getByRole('link', { name: 'Download' });
    await link.waitFor({ timeout: 60_000 });
    assert.equal(await fetched(page, link), ZIP);
    await assertAccessible(page);
  });

  it('says what would go before conversations are deleted by age, and gives out what is stored of a person', async () => {
    const { items } = await server.api.get('/contacts?limit=20');
    const { name } = items.find((contact) => contact.name);
    const { page } = await visits.open({ path: settings('privacy') });
    await page.getByLabel('Keep resolved conversations for').fill('365');
    await page.getByText('Nothing is that old yet.').waitFor();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved').first().waitFor();
    await page.getByLabel('Name, e-mail or words of the last message').fill(name);
    await page.keyboard.press('Enter');
    const link = page.getByRole('link', { name: /^Export/ }).first();
    await link.waitFor();
    assert.equal(await fetched(page, link), ZIP);
    await assertAccessible(page);
  });
});
