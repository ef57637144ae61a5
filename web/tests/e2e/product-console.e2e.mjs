// The console of those who run the installation, and what people and visitors notice of it: on the real server.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { assertAccessible, launchBrowser } from './browser.mjs';
import { Visits } from './dashboard-visit.mjs';
import { ProductServer, reasonToSkip } from './product-server.mjs';

describe('the console', { skip: reasonToSkip(), timeout: 180_000 }, () => {
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
      insert into platform.operators (user_id, added_by) select id, 'command_line' from platform.users ${of} on conflict do nothing`,
    );
  }

  const dialog = (page) => page.getByRole('dialog');

  it('is found by operators alone, who make, suspend and delete workspaces there', async () => {
    const visit = await visits.open();
    // before being named one
    visit.expected = /status of 404/;
    const { page } = visit;
    await page.goto(`${server.url}/app/_instance`);
    await page.getByText('This page does not exist').waitFor();
    makeOperator();
    await page.goto(`${server.url}/app/_instance`);
    await page.getByRole('link', { name: 'Fennel & Oak' }).waitFor();
    await assertAccessible(page, 'workspaces');

    await page.getByRole('button', { name: 'New workspace' }).click();
    await dialog(page).getByLabel('Name of the business').fill('Birch & Sons');
    await assertAccessible(page, 'new workspace');
    await dialog(page).getByRole('button', { name: 'Create workspace' }).click();
    await dialog(page).getByText('/app/join/inv_').waitFor();
    await dialog(page).getByRole('button', { name: 'Close' }).last().click();
    await page.getByRole('link', { name: 'Birch & Sons' }).click();
    await page.getByRole('heading', { name: 'Birch & Sons' }).waitFor();
    await page.getByText('Its owner has not let operators in.').waitFor();
    await assertAccessible(page, 'a workspace');
    await page.emulateMedia({ colorScheme: 'dark' });
    await assertAccessible(page, 'a workspace, dark');

    await page.getByRole('button', { name: 'Suspend', exact: true }).click();
    await dialog(page).getByLabel('What its members are told').fill('The invoice is open.');
    await dialog(page).getByRole('button', { name: 'Suspend' }).click();
    await page.getByText(/Suspended since .*\s+The invoice is open\./).waitFor();
    await page.getByRole('button', { name: 'Resume' }).click();
    await dialog(page).getByRole('button', { name: 'Resume' }).click();
    await page.getByRole('button', { name: 'Suspend', exact: true }).waitFor();

    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    const last = dialog(page).getByRole('button', { name: 'Delete' });
    assert.equal(await last.isDisabled(), true);
    await dialog(page).getByRole('textbox').fill('birch-sons');
    await last.click();
    await page.getByText(/^Deleted: /).waitFor();
    await page.getByRole('link', { name: 'Fennel & Oak' }).waitFor();
    assert.equal(await page.getByRole('link', { name: 'Birch & Sons' }).count(), 0);

    const french = await visits.open({ locale: 'fr' });
    await french.page.goto(`${server.url}/app/_instance/log`);
    await french.page.getByText('Espace de travail supprimé').waitFor();
    await assertAccessible(french.page, 'the log, French');
  });

  it('lets operators in by the owner’s consent, and everybody sees it', async () => {
    const { page } = await visits.open();
    makeOperator();
    await page.goto(`${server.url}/app/fennel-oak/settings/workspace`);
    await page.getByRole('button', { name: 'Let operators in' }).click();
    await page.getByText(/^Operators may come into this workspace until/).waitFor();
    await assertAccessible(page, 'access of operators');

    await page.goto(`${server.url}/app/_instance`);
    await page.getByRole('link', { name: 'Fennel & Oak' }).click();
    await page.getByRole('button', { name: 'Open workspace' }).click();
    await page.getByText(/^You are in this workspace as an operator/).waitFor();
    await assertAccessible(page, 'a visit');
    await page.getByRole('button', { name: 'Leave' }).click();
    await page.getByRole('link', { name: 'Fennel & Oak' }).waitFor();

    await page.goto(`${server.url}/app/fennel-oak/settings/audit`);
    const deed = page.getByText('An operator came in', { exact: true });
    await deed.and(page.locator(':not(option)')).first().waitFor();
    await page.getByRole('button', { name: 'End now' }).click();
    await page.getByText(/^Operators may come into/).waitFor({ state: 'detached' });
  });

  it('suspends: people read on and are told why, visitors are told politely', async () => {
    const { page } = await visits.open();
    server.rows(
      `update tenants set subscription_status = 'suspended', suspended_from = 'trial', suspended_at = now(),
        suspension_note = 'The invoice of May is open.' where slug = 'fennel-oak'`,
    );
    try {
      await page.goto(`${server.url}/app/fennel-oak/knowledge`);
      await page.getByText('This workspace is suspended').waitFor();
      await page.getByText('The invoice of May is open.').waitFor();
      await assertAccessible(page, 'a suspended workspace');
      const visitor = await visits.openAnonymous(`${server.url}/demo`, { locale: 'en' });
      visitor.expected = /status of 403/;
      await visitor.page.getByRole('button', { name: 'Open chat' }).click();
      await visitor.page
        .getByText('This chat is not available at the moment. Please come back later.')
        .first()
        .waitFor();
      await assertAccessible(visitor.page, 'a chat that is not available');
    } finally {
      server.rows(
        `update tenants set subscription_status = 'trial', suspended_from = null, suspended_at = null, suspension_note = null
        where slug = 'fennel-oak'`,
      );
    }
  });
});
