// Messaging channels in the dashboard: what can be connected, the form of a vendor, a channel's page and its ledger, on
// the real server. No vendor is asked here: the test that does has a simulated one.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, afterEach, before, describe, it } from 'node:test';
import { assertAccessible } from './browser.mjs';
import { DemoTeam } from './demo-team.mjs';
import { reasonToSkip } from './product-server.mjs';

const AGENT = {
  name: 'Noor Haddad',
  email: 'noor@fennel-oak.example',
  password: 'a long passphrase',
};
const PHONE = { viewport: { width: 390, height: 844 } };
const SECRET = '0123456789abcdef0123456789abwxyz';
/** Nobody listens there. */
const NOWHERE = 'http://127.0.0.1:9';
const NUMBER = '106540352242922';

describe('channels', { skip: reasonToSkip(), timeout: 280_000 }, () => {
  let team;

  before(async () => {
    team = await DemoTeam.start('agent', AGENT);
  });
  after(() => team?.stop());
  afterEach(async () => {
    await team.visits.close();
    const { items } = await team.owner.get('/connections');
    for (const { channel_id: id } of items) {
      await team.owner.send('DELETE', `/channels/${id}?erase_conversations=true`);
    }
  });

  async function open(path, options = {}) {
    const visit = await team.visits.open({ path: team.at(path), ...options });
    visit.page.setDefaultTimeout(30_000);
    return visit.page;
  }

  /** A connected WhatsApp number that reaches nobody. */
  async function connectWhatsApp(name) {
    const values = {
      phone_number_id: NUMBER,
      waba_id: '1',
      access_token: 'EAAxyz-not-a-token',
      app_secret: SECRET,
      api_url: NOWHERE,
    };
    const made = await team.owner.post('/connections', { kind: 'whatsapp', name, values });
    await team.owner.patch(`/channels/${made.channel_id}`, { is_bot_active: false });
    return made;
  }

  /** What WhatsApp would send, signed as it signs. */
  async function receive({ webhook_path }, message) {
    const value = {
      messaging_product: 'whatsapp',
      metadata: { display_phone_number: '33100000000', phone_number_id: NUMBER },
      contacts: [{ profile: { name: 'Luc Petit' }, wa_id: '33612345678' }],
      messages: [
        { from: '33612345678', timestamp: String(Math.floor(Date.now() / 1000)), ...message },
      ],
    };
    const entry = [{ id: '1', changes: [{ field: 'messages', value }] }];
    const body = JSON.stringify({ object: 'whatsapp_business_account', entry });
    const signature = createHmac('sha256', SECRET).update(body).digest('hex');
    const headers = {
      'content-type': 'application/json',
      'x-hub-signature-256': `sha256=${signature}`,
    };
    const answer = await fetch(team.server.url + webhook_path, { method: 'POST', headers, body });
    assert.equal(answer.status, 200);
  }

  const assertNoOverflow = async (page) => {
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(overflow <= 0, `${overflow} px too wide`);
  };

  it('says what connecting gives while there is only a web chat', async () => {
    const page = await open('inbox');
    await page.keyboard.press('g');
    await page.keyboard.press('m');
    await page.getByRole('heading', { name: 'Channels', exact: true }).waitFor();
    const list = page.getByRole('list', { name: 'Channels' });
    assert.match(
      await list.getByRole('listitem').innerText(),
      /Web site\s+Web chat · no visit yet/,
    );
    await page.getByRole('heading', { name: 'No messaging channel is connected' }).waitFor();
    const vendors = page.getByRole('list', { name: 'What can be connected' }).getByRole('link');
    const { items } = await team.owner.get('/connectors');
    const names = [...items.map(({ name }) => name), 'Web chat'];
    assert.deepEqual(await vendors.allTextContents(), names);
    await assertAccessible(page, 'no channel');
    await list.getByRole('link', { name: 'Web site' }).click();
    await page.getByRole('heading', { name: 'Widget', exact: true }).waitFor();
  });

  it('connects WhatsApp in two parts, and never shows a secret again', async () => {
    const page = await open('channels');
    await page.keyboard.press('n');
    await page.getByRole('link', { name: 'WhatsApp' }).click();
    await page.getByRole('heading', { name: 'Connect WhatsApp' }).waitFor();
    assert.equal(await page.getByLabel('API address').isVisible(), false);
    await page.getByLabel('Name', { exact: true }).fill('WhatsApp Lyon');
    await page.getByLabel('Phone number ID').fill(NUMBER);
    await page.getByLabel('WhatsApp Business account ID').fill('1');
    await page.getByLabel('Access token').fill('EAAxyz-not-a-token-1234');
    await page.getByRole('button', { name: 'Save and go on' }).click();
    const isMissing = await page
      .getByLabel('App secret', { exact: true })
      .evaluate((field) => !field.validity.valid);
    assert.equal(isMissing, true, 'the app secret is required');
    await assertAccessible(page, 'form of WhatsApp');
    await page.getByLabel('App secret', { exact: true }).fill(SECRET);
    await page.getByText('More settings').click();
    await page.getByLabel('API address').fill(NOWHERE);
    await page.getByRole('button', { name: 'Save and go on' }).click();
    await page.getByText('Saved. Now paste this at the vendor').waitFor();
    const [made] = (await team.owner.get('/connections')).items;
    const address = page.getByLabel('Webhook address');
    assert.equal(await address.innerText(), team.server.url + made.webhook_path);
    assert.equal(await page.getByLabel('Verify token').innerText(), made.verify_token);
    assert.equal(await page.getByLabel(/^App secret stored, ends in wxyz/).inputValue(), '');
    assert.equal((await page.content()).includes(SECRET), false);
    await assertAccessible(page, 'second part');
    await page.getByRole('link', { name: 'Overview' }).click();
    await page.getByText('Not tested').waitFor();
    await assertAccessible(page, 'overview');
  });

  it('pauses a channel, renames it, and deletes it once its name is typed', async () => {
    const { channel_id: id } = await connectWhatsApp('Old name');
    const page = await open(`channels/${id}`);
    await page.getByLabel('Name', { exact: true }).fill('New name');
    await page.getByRole('button', { name: 'Rename' }).click();
    await page.getByRole('heading', { name: 'New name' }).waitFor();
    await page.getByRole('switch', { name: 'Receives and sends' }).click();
    await page.getByText('Paused', { exact: true }).waitFor();
    await page.getByRole('switch', { name: 'The assistant answers' }).click();
    await page.getByRole('switch', { name: 'The assistant answers', checked: true }).waitFor();
    await page.getByRole('button', { name: 'Delete channel' }).click();
    const dialog = page.getByRole('dialog', { name: 'Delete “New name”?' });
    const confirm = dialog.getByRole('button', { name: 'Delete channel' });
    assert.equal(await confirm.isDisabled(), true);
    await dialog.getByLabel('Type New name to confirm').fill('New name');
    await confirm.click();
    await page.getByText('“New name” deleted.').waitFor();
    assert.deepEqual((await team.owner.get('/connections')).items, [], 'nothing is left');
  });

  it('says of an empty ledger why it is empty', async () => {
    const { channel_id: id } = await connectWhatsApp('Silent');
    const page = await open(`channels/${id}?tab=events`);
    await page.getByText('Nothing received yet').waitFor();
    await page.getByLabel('State').selectOption({ label: 'Set aside' });
    await page.getByText('No event matches').waitFor();
    await page.waitForURL(/status=quarantined/);
    await assertAccessible(page, 'empty ledger');
    await page.getByRole('button', { name: 'Show all' }).click();
    await page.getByText('Nothing received yet').waitFor();
  });

  it('keeps what was sent in the ledger, as text, and leads to the conversation', async () => {
    const made = await connectWhatsApp('Lyon');
    const hostile = '<img src=x onerror=alert(1)>';
    await receive(made, { id: 'wamid.1', type: 'text', text: { body: hostile } });
    const page = await open(`channels/${made.channel_id}?tab=events`);
    const row = page.getByRole('row').filter({ hasText: '33612345678' });
    await row.getByText('Done').waitFor();
    await row.getByRole('link').first().click();
    const sheet = page.getByRole('dialog', { name: 'Event' });
    assert.match(
      await sheet.locator('pre').innerText(),
      /"body": "<img src=x onerror=alert\(1\)>"/,
    );
    await assertAccessible(page, 'an event');
    await sheet.getByRole('button', { name: 'Work on it again' }).click();
    await page.getByText('It is worked on once more.').waitFor();
    await sheet.getByRole('link', { name: 'Conversation' }).click();
    await page.getByRole('log').getByText(hostile).waitFor();
    assert.equal(await page.getByRole('log').getByText(hostile).count(), 1);
    await page.getByRole('heading', { name: 'Luc Petit' }).waitFor();
    await assertAccessible(page, 'a conversation on WhatsApp');
  });

  it('asks before conversations are erased with their channel', async () => {
    const made = await connectWhatsApp('Lyon');
    await receive(made, { id: 'wamid.2', type: 'text', text: { body: 'Bonjour' } });
    const visit = await team.visits.open({ path: team.at(`channels/${made.channel_id}`) });
    // the first attempt is refused
    visit.expected = /status of 409/;
    const { page } = visit;
    await page.getByRole('button', { name: 'Delete channel' }).click();
    const dialog = page.getByRole('dialog', { name: 'Delete “Lyon”?' });
    await dialog.getByLabel('Type Lyon to confirm').fill('Lyon');
    await dialog.getByRole('button', { name: 'Delete channel' }).click();
    await dialog.getByText('The channel has conversations').waitFor();
    assert.equal(await dialog.getByRole('button', { name: 'Delete channel' }).isDisabled(), true);
    await dialog.getByLabel('Erase its 1 conversation as well').check();
    await dialog.getByRole('button', { name: 'Erase and delete' }).click();
    await page.getByText('“Lyon” deleted.').waitFor();
    const { items } = await team.owner.get('/conversations?view=all&limit=200');
    assert.equal(
      items.some(({ channel }) => channel.kind === 'whatsapp'),
      false,
    );
  });

  it('shows agents the channels, and leaves connecting to owners and admins', async () => {
    const page = await open('channels', { account: AGENT });
    await page.getByText('Owners and admins connect channels').waitFor();
    assert.equal(await page.getByRole('link', { name: 'Connect a channel' }).count(), 0);
    assert.equal(await page.getByRole('link', { name: 'Telegram' }).count(), 0);
    await assertAccessible(page, 'channels of an agent');
  });

  it('fits a phone, in French and in the dark', async () => {
    const made = await connectWhatsApp('Lyon');
    const options = { ...PHONE, locale: 'fr-FR', colorScheme: 'dark' };
    const pages = ['channels', 'channels/new', 'channels/new/whatsapp'];
    const parts = ['', '?tab=events', '?tab=setup&new=1'].map(
      (part) => `channels/${made.channel_id}${part}`,
    );
    const { page } = await team.visits.open({ path: team.at('channels'), ...options });
    for (const path of [...pages, ...parts]) {
      await page.goto(team.server.url + team.at(path));
      await page.getByRole('heading', { level: 1 }).waitFor();
      await assertAccessible(page, `${path} in French`);
      await assertNoOverflow(page);
    }
    await page.getByRole('heading', { name: 'À coller chez WhatsApp' }).waitFor();
  });
});
