// The numbers on the real server: what visitors ask shows up, opens what is behind it, and comes as a file.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { assertAccessible, launchBrowser } from './browser.mjs';
import { Visits } from './dashboard-visit.mjs';
import { ProductServer, reasonToSkip, Visitor } from './product-server.mjs';

const PAGES = ['overview', 'ai', 'topics', 'knowledge', 'team', 'channels', 'sales', 'usage'];

describe('analytics', { skip: reasonToSkip(), timeout: 300_000 }, () => {
  let browser, server, visits, owner;

  before(async () => {
    [browser, server] = await Promise.all([launchBrowser(), ProductServer.start()]);
    visits = new Visits(browser, server);
    owner = await server.signIn();
    for (const text of ['Do you ship to Belgium?', 'How long is delivery?', 'Do you sell boats?']) {
      const visitor = await Visitor.begin(server.url, server.channelKey);
      await visitor.ask(text);
    }
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });
  afterEach(() => visits.close());

  const path = (rest) => `/app/fennel-oak${rest}`;
  const figure = (page, name) => page.getByRole('button', { name: new RegExp(`^${name}: .+show`) });
  const overview = async (query = '') => {
    const today = (await owner.get('/analytics/overview')).range.to;
    return owner.get(`/analytics/overview?from=${today}&to=${today}${query}`);
  };
  const valueOf = ({ figures }, metric) => figures.find((one) => one.metric === metric).value;

  it('counts what visitors asked, and lists the very conversations', async () => {
    const { page } = await visits.open();
    await page.keyboard.press('g');
    await page.keyboard.press('a');
    await page.getByRole('heading', { name: 'Analytics', level: 1 }).waitFor();
    await page.getByLabel('Days', { exact: true }).selectOption('today');
    const count = valueOf(await overview(), 'conversations');
    assert.ok(count >= 3);
    await page
      .getByRole('button', { name: `Conversations: ${count}, show what is counted` })
      .click();
    assert.match(page.url(), /range=today.*behind=conversations\.conversations/);
    const sheet = page.getByRole('dialog', { name: 'Conversations' });
    await sheet.getByText(`${count} conversations`).waitFor();
    assert.equal(await sheet.getByRole('listitem').count(), count);
    await assertAccessible(page, 'what is behind a number');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      sheet.getByRole('link', { name: 'CSV' }).click(),
    ]);
    assert.match(download.suggestedFilename(), /\.csv$/);
    await sheet.getByRole('listitem').first().getByRole('link').click();
    await page.waitForURL('**/inbox/*');
  });

  it('says a rate in both its numbers, and what it is', async () => {
    const { page } = await visits.open({ path: path('/analytics?range=today') });
    const rate = (await overview()).figures.find((one) => one.metric === 'automation_rate');
    const button = figure(page, 'Automation rate');
    await button.waitFor();
    await page.getByText(`${rate.part} of ${rate.whole}`).first().waitFor();
    const about = page.getByRole('button', { name: 'What is “Automation rate”?' });
    await about.focus();
    const tooltip = page.getByRole('tooltip').filter({ hasText: 'solved alone' });
    await tooltip.waitFor();
    await page.keyboard.press('Escape');
    await tooltip.waitFor({ state: 'hidden' });
    await button.click();
    const sheet = page.getByRole('dialog', { name: 'Automation rate' });
    await sheet.getByRole('button', { name: 'Out of' }).click();
    await sheet.getByText(`${rate.whole} conversations`).waitFor();
    await page.keyboard.press('Escape');
    await sheet.waitFor({ state: 'detached' });
    assert.doesNotMatch(page.url(), /behind/);
  });

  it('is read by keys, as a table, as a file; each bar opens what it counts', async () => {
    const { page } = await visits.open({ path: path('/analytics?range=7&compare=off') });
    const chart = page.getByRole('img', { name: /^Conversations by outcome\./ });
    await chart.focus();
    await page.keyboard.press('End');
    await page
      .getByRole('status')
      .filter({ hasText: /Resolved by the AI \d/ })
      .waitFor({ state: 'attached' });
    const card = page.getByRole('region', { name: 'Conversations by outcome' });
    await card.getByRole('button', { name: 'View as table' }).click();
    const row = card.getByRole('row').last();
    const { charts } = await overview();
    const { series, rows } = charts.find((one) => one.chart === 'outcomes');
    const at = series.findIndex(({ key }) => key === 'bot');
    const solved = rows.at(-1).values[at];
    assert.ok(solved > 0);
    await row.getByRole('cell').nth(at).getByRole('button').click();
    const sheet = page.getByRole('dialog', { name: 'Conversations' });
    await sheet.getByText(solved === 1 ? '1 conversation' : `${solved} conversations`).waitFor();
    await page.keyboard.press('Escape');
    const href = await card.getByRole('link', { name: /CSV/ }).getAttribute('href');
    const file = await page.request.get(server.url + href);
    assert.match(file.headers()['content-type'], /text\/csv/);
    assert.equal((await file.text()).trim().split('\n').length, 8);
  });

  it('keeps days and filters from page to page, in the address', async () => {
    const { page } = await visits.open({ path: path('/analytics?range=today') });
    await page.getByLabel('Outcome', { exact: true }).selectOption('unanswered');
    const count = valueOf(await overview('&outcome=unanswered'), 'conversations');
    const shown = `Conversations: ${count}, show what is counted`;
    await page.getByRole('button', { name: shown }).waitFor();
    await page.getByRole('link', { name: 'AI performance' }).click();
    await page.waitForURL('**/analytics/ai?range=today&outcome=unanswered');
    await page.goBack();
    await page.getByRole('button', { name: shown }).waitFor();
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await page.waitForURL('**/analytics?range=today');
    await page.getByLabel('Days', { exact: true }).selectOption('custom');
    await page.getByLabel('From', { exact: true }).fill('2026-01-02');
    await page.waitForURL(/from=2026-01-02&to=/);
  });

  it('says in the server’s words what went wrong, and tries again', async () => {
    const visit = await visits.open({ path: path('/analytics?range=7') });
    visit.expected = /status of 503/;
    const { page } = visit;
    await figure(page, 'Conversations').waitFor();
    const address = '**/api/v1/analytics/overview?**';
    const detail = 'The database is busy. Try again in a moment.';
    await page.route(address, (route) =>
      route.fulfill({ status: 503, json: { code: 'busy', title: 'busy', detail, status: 503 } }),
    );
    await page.getByLabel('Days', { exact: true }).selectOption('90');
    await page.getByRole('alert').filter({ hasText: detail }).waitFor();
    await page.unroute(address);
    await page.getByRole('button', { name: 'Try again' }).click();
    await figure(page, 'Conversations').waitFor();
    await page.getByRole('alert').waitFor({ state: 'detached' });
  });

  it('makes topics of what visitors ask, and keeps the name that a colleague gives', async () => {
    const asked = ['Where is my parcel?', 'Where is my parcel now?', 'Where is my parcel please?'];
    for (const text of [...asked, ...asked, ...asked]) {
      const visitor = await Visitor.begin(server.url, server.channelKey);
      await visitor.ask(text);
    }
    const { page } = await visits.open({ path: path('/analytics/topics?range=today') });
    await page.getByRole('button', { name: 'Look now' }).click();
    const topics = page.getByRole('region', { name: 'What visitors talk about' });
    const parcels = topics.getByRole('row').filter({ hasText: /parcel/i });
    await parcels.getByRole('button').click();
    const sheet = page.getByRole('dialog');
    await sheet.getByRole('link', { name: 'Where is my parcel now?' }).first().waitFor();
    await sheet.getByText('Name, merge or hide').click();
    await assertAccessible(page, 'a topic');
    await sheet.getByLabel('Name').fill('Lost parcels');
    await sheet.getByRole('button', { name: 'Rename' }).click();
    await page.getByRole('dialog', { name: 'Lost parcels' }).waitFor();
    await page.keyboard.press('Escape');
    await topics.getByRole('button', { name: 'Lost parcels' }).waitFor();
    const all = await owner.get('/analytics/topics');
    const kept = all.items.find(({ label }) => label === 'Lost parcels');
    assert.deepEqual([kept.label_origin, kept.messages], ['person', 9]);
  });

  for (const language of ['en', 'fr']) {
    it(`is accessible on every page, light and dark, wide and narrow (${language})`, async () => {
      const { page } = await visits.open();
      await owner.patch('/profile', { language });
      for (const [index, name] of PAGES.entries()) {
        const isNarrow = (index % 2 === 0) === (language === 'fr');
        const theme = isNarrow ? 'dark' : 'light';
        await page.emulateMedia({ colorScheme: theme });
        await page.setViewportSize({ width: isNarrow ? 400 : 1024, height: 900 });
        await page.goto(server.url + path(`/analytics/${name}?range=today`));
        await page
          .getByRole('region', { name: language === 'fr' ? 'Chiffres clés' : 'Figures' })
          .waitFor();
        await assertAccessible(page, `${name} ${language} ${theme}`);
        const isWider = await page.evaluate(
          () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
        );
        assert.equal(isWider, false, `${name} scrolls sideways`);
      }
      await owner.patch('/profile', { language: 'en' });
    });
  }
});
