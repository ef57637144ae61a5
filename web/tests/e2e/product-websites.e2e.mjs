// Web sites that are answered from, on the real server: added, watched while they are read, read again, stopped, deleted.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { assertAccessible } from './browser.mjs';
import { DemoTeam } from './demo-team.mjs';
import { assertFit, PHONE } from './inbox-team.mjs';
import { PAYLOADS } from './product-payloads.mjs';
import { reasonToSkip } from './product-server.mjs';
import { SmallSite } from './small-site.mjs';

const NORA = { name: 'Nora Lind', email: 'nora@fennel-oak.example', password: 'elm by the river' };
const BEE = { name: 'Bee', email: 'bee@hive.example', password: 'a long password' };
const QUICK = { RAPPORT_CRAWL__INTERVAL_MS: '50' };
/** What the browser notes by itself about requests that a test breaks on purpose. */
const EXPECTED = /Failed to load resource|ERR_/;

/** What a text becomes that is read as markup. */
const MADE = 'script, img, iframe, object, [onerror], [onload]';

describe('web sites', { skip: reasonToSkip(), timeout: 280_000 }, () => {
  let team, server, visits, owner, site;

  before(async () => {
    team = await DemoTeam.start('viewer', NORA, QUICK);
    ({ server, visits, owner } = team);
  });
  after(() => team?.stop());
  beforeEach(async () => {
    site = await SmallSite.start();
    const links = ['ferry', 'pool', 'hours'].map((name) => `<a href="/${name}">${name}</a>`);
    site.write('/', 'The lighthouse', `<p>A lighthouse to sleep in.</p>${links.join(' ')}`);
    site.write('/ferry', 'Ferry', '<p>The seal island ferry leaves at seven in the morning.</p>');
    site.write('/pool', 'Pool', '<h2>At night</h2><p>Night swimming is until midnight.</p>');
    site.write('/hours', 'Hours', '<p>The tower is open from ten to six, except in fog.</p>');
  });
  afterEach(async () => {
    site.stop();
    await visits.close();
    for (const { id } of (await owner.get('/websites')).items)
      await owner.send('DELETE', `/websites/${id}`);
  });

  async function sitDown(account) {
    const page = await team.sitDown('knowledge/websites', account);
    visits.newest.expected = EXPECTED;
    page.setDefaultTimeout(30_000);
    return page;
  }

  const add = (settings) => owner.post('/websites', { base_url: site.url, ...settings });
  const row = (page, name) => page.getByRole('row').filter({ hasText: name });
  const titleOf = (page, name) => row(page, name).getByRole('button').first();
  const name = () => new URL(site.url).host;
  const openSite = (page) => page.getByRole('link', { name: name() }).first().click();
  const status = (page, text) =>
    page.getByRole('region', { name: 'Web sites' }).locator('p').getByText(text, { exact: true });
  const isRead = (page, title) => row(page, title).getByText('Read', { exact: true }).waitFor();
  const askedAbout = async (question) => (await owner.post('/ask', { question })).answer;

  it('begins with what can be given, and reads it while somebody watches', async () => {
    await server.signUp({ ...BEE, business_name: 'Hive' });
    const { page: empty } = await visits.open({ account: BEE, path: '/app/hive/knowledge' });
    await empty.getByRole('link', { name: 'Web sites' }).click();
    await empty.getByText('No web sites yet').waitFor();
    await assertAccessible(empty, 'no web sites');

    const colleague = await sitDown(NORA);
    const page = await sitDown();
    const release = site.hold('/hours');
    // the key works from when its button is there
    await page.getByRole('button', { name: 'Add a web site' }).first().waitFor();
    await page.keyboard.press('n');
    const sheet = page.getByRole('dialog', { name: 'Add a web site' });
    await sheet.getByLabel('Address').fill('http://10.0.0.1/');
    await sheet.getByRole('button', { name: 'Read the site' }).click();
    await sheet
      .getByRole('alert')
      .getByText(/not a public web address/)
      .waitFor();
    await assertAccessible(page, 'a site that may not be read');
    await sheet.getByLabel('Address').fill(site.url);
    await sheet.getByLabel('Pages at most').fill('10');
    await sheet.getByRole('button', { name: 'Read the site' }).click();
    await page.waitForURL(/\?site=/);
    // pages are there while others are still to come
    await isRead(page, 'Ferry');
    await isRead(page, 'Pool');
    await status(page, 'Reading').waitFor();
    await row(page, '/hours').getByText('Waiting').waitFor();
    await page.getByRole('progressbar').waitFor();
    await assertAccessible(page, 'a site that is being read');
    await openSite(colleague);
    await isRead(colleague, 'Pool');
    assert.equal(await colleague.getByRole('button', { name: 'Stop reading' }).count(), 0);
    release();
    await isRead(page, 'Hours');
    await status(page, 'Read').waitFor();
    await status(colleague, 'Read').waitFor();

    const answer = await askedAbout('When does the seal island ferry leave?');
    assert.match(answer.text, /seven in the morning/);
    const [{ title, url }] = answer.sources;
    assert.deepEqual([title, url], ['Ferry', `${site.url}/ferry`]);

    await titleOf(page, 'Pool').click();
    const open = page.getByRole('dialog', { name: 'Pool' });
    await open.getByRole('heading', { name: 'At night' }).waitFor();
    await open.getByText('Night swimming is until midnight.').waitFor();
    assert.equal(
      await open.getByRole('link', { name: 'Open the page' }).getAttribute('href'),
      `${site.url}/pool`,
    );
    await assertAccessible(page, 'a page of a site');
    await page.keyboard.press('Escape');
    await open.waitFor({ state: 'detached' });
    assert.doesNotMatch(page.url(), /page=/);
  });

  it('reads again what changed, flags what vanished, and leaves out what is not wanted', async () => {
    await add();
    const page = await sitDown();
    await openSite(page);
    await status(page, 'Read').waitFor();
    site.pages.delete('/pool');
    site.write('/ferry', 'Ferry', '<p>The seal island ferry leaves at nine in the evening.</p>');
    await page.getByRole('button', { name: 'Read again' }).click();
    await row(page, 'Pool').getByText('Vanished').waitFor();
    await row(page, 'Pool')
      .getByText(/The site has not had it since/)
      .waitFor();
    await page.getByText('1 vanished').waitFor();
    await status(page, 'Read').waitFor();
    assert.match(
      (await askedAbout('When does the seal island ferry leave?')).text,
      /nine in the evening/,
    );
    await page.getByRole('navigation', { name: 'Which pages' }).getByText('Vanished').click();
    await page.waitForURL(/state=vanished/);
    await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 1);
    await titleOf(page, 'Pool').click();
    const sheet = page.getByRole('dialog');
    await sheet.getByText('Nobody is answered from this page.').waitFor();
    await sheet.getByText(/Night swimming is until midnight/).waitFor();
    await assertAccessible(page, 'a page that vanished');
    await page.keyboard.press('Escape');

    await page.getByRole('navigation', { name: 'Which pages' }).getByText('All').click();
    await titleOf(page, 'Hours').click();
    await sheet.getByRole('button', { name: 'Leave this page out' }).click();
    await sheet.getByText('Excluded', { exact: true }).waitFor();
    await sheet.getByRole('button', { name: 'Take this page in again' }).click();
    await sheet.getByText('Waiting', { exact: true }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Read again' }).click();
    await isRead(page, 'Hours');
  });

  it('stops, says why it failed, is planned and deleted', async () => {
    const release = site.hold('/hours');
    await add();
    const page = await sitDown();
    await openSite(page);
    await isRead(page, 'Ferry');
    await page.getByRole('button', { name: 'Stop reading' }).click();
    await status(page, 'Stopped').waitFor();
    release();

    await page.getByRole('button', { name: 'Settings' }).click();
    const settings = page.getByRole('dialog', { name: `Settings of ${name()}` });
    await settings.getByLabel('Read again').selectOption('Every day');
    await settings.getByLabel('No pages whose path begins with').fill('/pool');
    await assertAccessible(page, 'settings of a site');
    await settings.getByRole('button', { name: 'Save' }).click();
    await settings.waitFor({ state: 'detached' });
    await page.getByText(/· again /).waitFor();

    site.pages.delete('/');
    await page.getByRole('button', { name: 'Read again' }).click();
    await status(page, 'Failed').waitFor();
    await page.getByText('There is no page at this address').waitFor();
    await page.getByText('Visitors are answered from what was read before.').waitFor();
    await assertAccessible(page, 'a site that could not be read');

    await page.getByRole('button', { name: 'Delete' }).click();
    const confirm = page.getByRole('dialog', { name: /^Delete “/ });
    await confirm.getByRole('button', { name: 'Delete' }).click();
    await page.getByText('No web sites yet').waitFor();
    assert.equal(new URL(page.url()).search, '');
    assert.deepEqual((await owner.get('/websites')).items, []);
  });

  it('shows hostile pages as texts, in the dark, in French and on a phone', async () => {
    const hits = [];
    const payloads = PAYLOADS.slice(0, 40).map(escaped);
    site.write(
      '/',
      escaped('trap <img src=x onerror=hit()>'),
      `<p>${payloads.join('</p><p>')}</p>`,
    );
    await add({ max_depth: 0 });
    const path = team.at('knowledge/websites');
    const dark = await visits.open({ path, colorScheme: 'dark' });
    await dark.context.exposeBinding('hit', ({ page }) => hits.push(page.url()));
    const { page } = dark;
    page.setDefaultTimeout(30_000);
    await openSite(page);
    await isRead(page, 'trap');
    await assertAccessible(page, 'a site, dark');
    await titleOf(page, 'trap').click();
    await page.getByRole('dialog').getByRole('listitem').first().waitFor();
    await assertAccessible(page, 'a page, dark');
    assert.equal(await page.locator(`:is(main, dialog) :is(${MADE})`).count(), 0);
    assert.deepEqual(hits, [], 'scripts that ran');

    const { page: phone } = await visits.open({ path, locale: 'fr-FR', ...PHONE });
    phone.setDefaultTimeout(30_000);
    await phone.getByRole('heading', { name: 'Connaissances' }).waitFor();
    await phone.getByText('Lu', { exact: true }).waitFor();
    await assertFit(phone, 'web sites on a phone, French');
    await openSite(phone);
    await phone.getByText('Lue', { exact: true }).first().waitFor();
    await assertFit(phone, 'a web site on a phone, French');
    await phone.getByRole('row').nth(1).getByRole('button').first().click();
    await phone.getByRole('dialog').getByRole('heading', { name: 'Passages' }).waitFor();
    await assertFit(phone, 'a page on a phone, French');
  });
});

/** As a site writes a text into its markup. */
function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
