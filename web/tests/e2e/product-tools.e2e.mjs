// What the bot may do beside answering, on the real server: a customer asks for an order in the widget, and a colleague
// approves a cancellation.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, afterEach, before, describe, it } from 'node:test';
import { assertAccessible, openPage } from './browser.mjs';
import { DemoTeam } from './demo-team.mjs';
import { WidgetPage } from './page-objects.mjs';
import { reasonToSkip, Visitor } from './product-server.mjs';

const NORA = { name: 'Nora Lind', email: 'nora@fennel-oak.example', password: 'elm by the river' };
const MIA = 'mia@example.com';

describe('what the bot may do', { skip: reasonToSkip(), timeout: 240_000 }, () => {
  let team, server, visits, owner, channel, secret;

  before(async () => {
    team = await DemoTeam.start('agent', NORA, {});
    ({ server, visits, owner } = team);
    const { items } = await owner.get('/channels');
    channel = items.find(({ channel_key }) => channel_key === server.channelKey);
    secret = (await owner.post(`/channels/${channel.id}/identity-secret`)).identity_secret;
    const table = [{ name: 'Oak table', quantity: 1, unit_price: '450.00' }];
    for (const order_number of ['1042', '1043']) {
      await owner.post('/crm/orders', { client: { email: MIA }, order_number, items: table });
    }
  });
  after(() => team?.stop());
  afterEach(() => visits.close());

  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  function identityToken(email) {
    const signed = `${part({ alg: 'HS256' })}.${part({ sub: email, email, exp: 4e9 })}`;
    return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
  }

  async function sitDown(path, account) {
    const { page } = await visits.open({ account, path: team.at(path) });
    page.setDefaultTimeout(30_000);
    return page;
  }

  it('is chosen for each channel, and what cannot be taken back is never allowed outright', async () => {
    const page = await sitDown(`widget/${channel.id}?tab=answers`);
    const cancel = page.getByRole('combobox', { name: 'Cancel an order' });
    await cancel.waitFor();
    assert.deepEqual(await cancel.locator('option').allTextContents(), [
      'Off',
      'A person approves first',
    ]);
    await cancel.selectOption('ask');
    await assertAccessible(page, 'what the bot may do');
    await page
      .getByRole('region', { name: 'What the bot may do' })
      .getByRole('button', { name: 'Keep' })
      .click();
    await page.getByText('What the bot may do is kept.').waitFor();
    await shoot(page, 'settings');
    await page.reload();
    assert.equal(await cancel.inputValue(), 'ask');
    const log = await sitDown('settings/audit');
    await log.getByRole('table').getByText('What a bot may do changed').waitFor();
    await log.getByText(/Cancel an order: Off → A person approves first/).waitFor();
  });

  it('tells a customer of their order, and nobody else', async () => {
    const { context, page, record } = await openPage(team.browser);
    page.setDefaultTimeout(30_000);
    await page.goto(`${team.site.url}/?channel=${server.channelKey}`);
    const widget = new WidgetPage(page);
    await widget.launcher.waitFor();
    await page.evaluate((token) => globalThis.Rapport.identify(token), identityToken(MIA));
    await widget.open();
    await widget.ask('Where is my order 1042?');
    await widget.log.getByText('Oak table').waitFor();
    await assertAccessible(page, 'an order in the widget');
    await shoot(page, 'widget');
    assert.deepEqual(record.violations, []);
    await context.close();
    const stranger = await Visitor.begin(server.url, server.channelKey);
    const { answer } = await stranger.ask('Where is my order 1042?');
    assert.equal(answer.mode, 'order');
    assert.doesNotMatch(answer.text, /Oak/);
  });

  it('waits for a person, who approves a cancellation and refuses another', async () => {
    const session = { identity_token: identityToken(MIA) };
    const mia = await Visitor.begin(server.url, server.channelKey, session);
    const { answer } = await mia.ask('Please cancel order 1042');
    assert.match(answer.text, /A colleague will confirm it/);
    const page = await sitDown(`inbox/${mia.conversationId}`, NORA);
    const panel = page.getByRole('region', { name: 'The AI asks for your approval' });
    await panel.getByText('Cancel the order 1042').waitFor();
    await panel.getByText('known by your web site’s sign-in').waitFor();
    await assertAccessible(page, 'a request of the bot');
    await shoot(page, 'waiting');
    await panel.getByRole('button', { name: 'Approve: Cancel the order 1042' }).click();
    await page.getByText('Done, and the visitor is told.').waitFor();
    const story = page.getByRole('log');
    await story.getByText('Confirmed: your order 1042 is cancelled.').waitFor();
    await story.getByText('Nora Lind approved what the AI asked for').waitFor();
    await panel.waitFor({ state: 'detached' });
    await assertAccessible(page, 'an approved request');
    await shoot(page, 'approved');

    await mia.ask('Please cancel order 1043');
    await panel.getByRole('button', { name: 'Refuse: Cancel the order 1043' }).click();
    await page.getByText('Refused, and the visitor is told.').waitFor();
    const { items } = await owner.get('/crm/orders?limit=100');
    const status = (number) => items.find((order) => order.order_number === number).status;
    assert.deepEqual([status('1042'), status('1043')], ['cancelled', 'pending']);
  });
});

/** A picture of what was seen, where somebody wants to look at it. */
async function shoot(page, name) {
  const folder = process.env.SCREENSHOTS;
  if (folder) await page.screenshot({ path: `${folder}/tools-${name}.png` });
}
