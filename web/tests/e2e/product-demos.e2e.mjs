// Demonstrations on the real server: an operator makes one from a web site's address, whoever has its link asks the bot, and many
// are counted before they are deleted.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { assertAccessible, launchBrowser } from './browser.mjs';
import { Visits } from './dashboard-visit.mjs';
import { assertFit, PHONE } from './inbox-team.mjs';
import { WidgetPage } from './page-objects.mjs';
import { ProductServer, reasonToSkip } from './product-server.mjs';
import { SmallSite } from './small-site.mjs';

const CONSOLE = '/app/_instance/demos';

describe('demonstrations', { skip: reasonToSkip(), timeout: 280_000 }, () => {
  let browser, server, visits, site;

  before(async () => {
    [browser, server, site] = await Promise.all([
      launchBrowser(),
      ProductServer.start({ RAPPORT_CRAWL__INTERVAL_MS: '0' }),
      SmallSite.start(),
    ]);
    visits = new Visits(browser, server);
    site.write('/', 'The lighthouse', '<p>A lighthouse to sleep in.</p><a href="/ferry">Ferry</a>');
    site.write('/ferry', 'Ferry', '<p>The seal island ferry leaves at seven in the morning.</p>');
  });
  afterEach(() => visits.close());
  after(async () => {
    site?.stop();
    await browser?.close();
    await server?.stop();
  });

  it('are made from an address, answer whoever has the link, and go when they are told to', async () => {
    const { page } = await visits.open();
    visits.newest.expected = /Failed to load resource/;
    // as `rapport operator add` and a second factor do
    server.rows(
      `insert into platform.operators (user_id, added_by) select id, 'command_line' from platform.users;
       update platform.users set totp_secret = 'sealed', totp_confirmed_at = now()`,
    );
    await page.goto(server.url + CONSOLE);
    await page.getByText('No demonstrations yet').waitFor();
    await assertAccessible(page, 'no demonstrations');

    await page.getByRole('button', { name: 'Make a demonstration' }).click();
    const dialog = page.getByRole('dialog', { name: 'Make a demonstration' });
    await dialog.getByLabel('Address of the web site').fill(`${site.url}/nowhere`);
    await dialog.getByRole('button', { name: 'Read the site' }).click();
    await dialog.getByText(/no web page at this address/).waitFor();
    await assertAccessible(page, 'a site that cannot be read');
    await dialog.getByLabel('Address of the web site').fill(site.url);
    await dialog.getByRole('button', { name: 'Read the site' }).click();
    await dialog.waitFor({ state: 'detached' });
    const row = page.getByRole('listitem').filter({ hasText: 'The lighthouse' });
    await row.getByText('Ready', { exact: true }).waitFor();
    await assertAccessible(page, 'a demonstration');
    await page.setViewportSize(PHONE.viewport);
    await assertFit(page, 'the list on a phone');

    const path = await row.getByRole('link', { name: 'Open the page' }).getAttribute('href');
    const visit = await visits.openAnonymous(server.url + path, { locale: 'en-GB' });
    visit.expected = /Failed to load resource/;
    const shown = visit.page;
    await shown.getByRole('heading', { name: 'An assistant for The lighthouse' }).waitFor();
    await shown.getByRole('link', { name: 'Ferry' }).waitFor();
    await assertAccessible(shown, 'the page of a demonstration');
    const widget = new WidgetPage(shown);
    await widget.open();
    await widget.panel.getByText('The lighthouse (demo)').first().waitFor();
    await widget.ask('When does the seal island ferry leave?');
    await widget.answer();
    assert.match(await widget.teamBubbles.last().innerText(), /seven in the morning/);
    await assertAccessible(shown, 'the page with an answer');
    if (process.env.PICTURES) await shown.screenshot({ path: `${process.env.PICTURES}/demo.png` });
    const { page: french } = await visits.openAnonymous(server.url + path, {
      locale: 'fr-FR',
      ...PHONE,
      colorScheme: 'dark',
    });
    await french.getByRole('heading', { name: 'Un assistant pour The lighthouse' }).waitFor();
    await assertFit(french, 'the page on a phone');
    await assertAccessible(french, 'the page in French, dark, on a phone');
    if (process.env.PICTURES) {
      await french.screenshot({ path: `${process.env.PICTURES}/demo-fr.png` });
      await page.screenshot({ path: `${process.env.PICTURES}/demos.png` });
    }

    await page.getByRole('button', { name: 'Delete many' }).click();
    const many = page.getByRole('dialog', { name: 'Delete many' });
    await many.getByLabel('Word in the name or address').fill('nobody');
    await many.getByRole('button', { name: 'Count' }).click();
    await many.getByText('Nothing fits.').waitFor();
    await many.getByLabel('Word in the name or address').fill('lighthouse');
    await many.getByRole('button', { name: 'Count' }).click();
    await many.getByText('Conversations: 1 · messages: 2 · files: 0').waitFor();
    await assertAccessible(page, 'what would go');
    await many.getByRole('button', { name: 'Delete 1 demonstration' }).click();
    await page.getByText('No demonstrations yet').waitFor();
    await shown.reload();
    await shown.getByRole('heading', { name: 'There is no demonstration here any more' }).waitFor();
    await assertAccessible(shown, 'the page of one that is over');
  });
});
