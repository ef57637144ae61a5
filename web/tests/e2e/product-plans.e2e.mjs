// Plans, from the operator's page to what the owner and a visitor notice: on the real server.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { assertAccessible, launchBrowser } from './browser.mjs';
import { Visits } from './dashboard-visit.mjs';
import { ProductServer, reasonToSkip, Visitor } from './product-server.mjs';

describe('plans', { skip: reasonToSkip(), timeout: 180_000 }, () => {
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

  /** The demonstration's owner runs the installation as well; who is signed in already is asked for no code. */
  function makeOperator() {
    const of = `where email = '${server.account.email}'`;
    server.rows(
      `update platform.users set totp_secret = 'sealed', totp_confirmed_at = now() ${of};
      insert into platform.operators (user_id, added_by) select id, 'command_line' from platform.users ${of}`,
    );
  }

  const form = (page, name) =>
    page.locator('form', { has: page.getByRole('heading', { name, exact: true }) });

  it('are set by an operator, and act at once on a visitor and on the pages of the workspace', async () => {
    const { page } = await visits.open();
    makeOperator();
    await page.goto(`${server.url}/app/fennel-oak/settings/plan`);
    await page.getByText('Your plan: Basic').waitFor();
    await page.getByText('without a limit').first().waitFor();
    assert.equal(await page.getByText('Used up').count(), 0);

    await page.goto(`${server.url}/app/_instance/plans`);
    const basic = form(page, 'Basic');
    await basic.getByLabel('Replies of the bot this month', { exact: true }).fill('0');
    await basic.getByLabel('Members and open invitations', { exact: true }).fill('50');
    await assertAccessible(page, 'plans');
    await basic.getByRole('button', { name: 'Save' }).click();
    await page.getByText('The plan is changed.').waitFor();

    await page.goto(`${server.url}/app/fennel-oak/settings/plan`);
    await page.getByRole('link', { name: 'Plan and usage' }).last().waitFor();
    await page.getByText('Used up', { exact: true }).waitFor();
    await page.getByText(/of 50$/).waitFor();
    await assertAccessible(page, 'plan and usage');
    await page.emulateMedia({ colorScheme: 'dark' });
    await assertAccessible(page, 'plan and usage, dark');
    const visitor = await Visitor.begin(server.url, server.channelKey);
    const { answer } = await visitor.ask('Do you ship to Belgium?');
    assert.equal(answer.text, 'I have told the team. A person will answer you here.');

    await page.goto(`${server.url}/app/_instance/plans`);
    await basic.getByLabel('Replies of the bot this month', { exact: true }).fill('');
    await basic.getByRole('button', { name: 'Save' }).click();
    await page.getByText('The plan is changed.').waitFor();
    const next = await Visitor.begin(server.url, server.channelKey);
    const said = await next.ask('Do you ship to Belgium?');
    assert.notEqual(said.answer.text, answer.text);
    const french = await visits.open({ locale: 'fr' });
    await french.page.goto(`${server.url}/app/_instance/plans`);
    await french.page.getByRole('heading', { name: 'Forfaits' }).waitFor();
    await assertAccessible(french.page, 'plans, French');
  });
});
