// The frame around all pages, on the real server: palette, sidebar, keys, theme, a new build.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { assertAccessible, launchBrowser } from './browser.mjs';
import { Visits } from './dashboard-visit.mjs';
import { ProductServer, reasonToSkip } from './product-server.mjs';

describe('the shell', { skip: reasonToSkip(), timeout: 240_000 }, () => {
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

  it('finds pages, actions and knowledge from one field', async () => {
    const { page } = await visits.open();
    const field = page.getByRole('combobox', { name: 'Command palette' });
    const options = page.getByRole('dialog').getByRole('option');

    await page.keyboard.press('Control+k');
    await field.fill('knowl');
    await options.filter({ hasText: 'Knowledge' }).first().waitFor();
    await assertAccessible(page, 'palette');
    await field.press('Enter');
    await page.getByRole('heading', { name: 'Knowledge', level: 1 }).waitFor();

    await page.keyboard.press('Control+k');
    await field.fill('delivery');
    const record = page.getByRole('group', { name: 'Knowledge' }).getByRole('option').first();
    const question = await record.locator('span').first().innerText();
    await record.click();
    await page.waitForURL((url) => url.searchParams.get('q') === question);

    await page.keyboard.press('Control+k');
    await field.fill('>dark');
    await options.getByText('Theme: Dark').waitFor();
    assert.equal(await options.count(), 1, 'only actions');
    await field.press('Enter');
    await page.locator('html.dark').waitFor();
    await page.keyboard.press('Control+k');
    await assertAccessible(page, 'palette, dark');
    await page.keyboard.press('Escape');
    await field.waitFor({ state: 'detached' });
  });

  it('keeps what is typed before it is there, and leads to each section of the settings', async () => {
    const { page } = await visits.open();
    await page.getByRole('heading', { name: 'Inbox' }).waitFor();
    await page.keyboard.press('Control+k');
    await page.keyboard.type('settings: priv');
    await page.getByRole('option', { name: 'Settings: Privacy' }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Privacy', level: 2 }).waitFor();
  });

  it('narrows the sidebar, and remembers it', async () => {
    const { page } = await visits.open();
    const nav = page.getByRole('navigation', { name: 'Main' });
    const width = async () => (await nav.boundingBox()).width;
    assert.ok((await width()) > 200);
    await page.keyboard.press('[');
    await page.waitForFunction(() => document.querySelector('nav').offsetWidth < 60);
    await assertAccessible(page, 'narrow sidebar');
    await page.reload();
    await nav.waitFor();
    assert.ok((await width()) < 60);
    // each link still has its name
    await nav.getByRole('link', { name: 'Knowledge' }).click();
    await page.getByRole('heading', { name: 'Knowledge', level: 1 }).waitFor();
  });

  it('offers a reload when the server brings a newer build', async () => {
    const { page } = await visits.open();
    await page.getByRole('heading', { name: 'Inbox' }).waitFor();
    const reload = page.getByRole('button', { name: 'Reload' });
    assert.equal(await reload.count(), 0);
    await page.route('**/api/v1/qa-pairs*', async (route) => {
      const response = await route.fetch();
      const headers = { ...response.headers(), 'rapport-build': '"newer"' };
      await route.fulfill({ response, headers });
    });
    await page.getByRole('link', { name: 'Knowledge' }).click();
    await reload.waitFor();
    await assertAccessible(page, 'a newer build');
    await page.unroute('**/api/v1/qa-pairs*');
    await reload.click();
    await page.getByRole('heading', { name: 'Knowledge', level: 1 }).waitFor();
    assert.equal(await reload.count(), 0);
  });
});
