// From "what does it cost?" to a client: the bot asks, the visitor answers, a colleague converts. On the real server.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { assertAccessible } from './browser.mjs';
import { DemoTeam } from './demo-team.mjs';
import { reasonToSkip, Visitor } from './product-server.mjs';

const NORA = { name: 'Nora Lind', email: 'nora@fennel-oak.example', password: 'elm by the river' };

describe('leads', { skip: reasonToSkip(), timeout: 180_000 }, () => {
  let team, server, visits, owner, visitor;

  before(async () => {
    team = await DemoTeam.start('agent', NORA, {});
    ({ server, visits, owner } = team);
    const { items } = await owner.get('/channels');
    const { id } = items.find((channel) => channel.channel_key === server.channelKey);
    await owner.patch(`/channels/${id}`, { settings: { lead_capture: 'when_useful' } });
    visitor = await Visitor.begin(server.url, server.channelKey);
  });
  after(() => team?.stop());
  afterEach(() => visits.close());

  async function sitDown(path) {
    const { page } = await visits.open({ path: team.at(path) });
    page.setDefaultTimeout(30_000);
    return page;
  }

  const row = (page, name) => page.locator('[data-lead]').filter({ hasText: name });

  it('asks who wants a price how they can be reached, and shows the lead', async () => {
    const { answer } = await visitor.ask('How much does delivery cost?');
    assert.match(answer.text, /your name and your e-mail address or phone number/);
    const noted = await visitor.ask('Mia Brown, mia@example.com');
    assert.match(noted.answer.text, /I have noted Mia Brown, mia@example\.com/);
    const page = await sitDown('leads');
    await row(page, 'Mia Brown').getByText('mia@example.com').waitFor();
    await row(page, 'Mia Brown').getByText('AI agent').waitFor();
    await assertAccessible(page, 'leads');
  });

  it('is changed by a colleague, found again and converted', async () => {
    const page = await sitDown('leads');
    const status = row(page, 'Mia Brown').getByRole('combobox', { name: 'Status of Mia Brown' });
    await status.selectOption('qualified');
    await page.getByRole('link', { name: 'Qualified', exact: true }).click();
    await row(page, 'Mia Brown').waitFor();
    await row(page, 'Mia Brown').getByRole('button', { name: 'Convert', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: 'Make Mia Brown a client' });
    await assertAccessible(page, 'convert');
    await dialog.getByRole('button', { name: 'Convert', exact: true }).click();
    await page.getByText('The lead is a client now.').waitFor();
    const { items } = await owner.get('/leads?status=converted');
    assert.equal(items.length, 1);
    assert.ok(items[0].client_id);
    assert.equal(items[0].contact_info.email, 'mia@example.com');
  });

  it('is written down from a conversation', async () => {
    const other = await Visitor.begin(server.url, server.channelKey);
    await other.ask('Hello');
    const page = await sitDown(`inbox/${other.conversationId}`);
    const details = page.getByRole('complementary').filter({ hasText: 'New lead' });
    await details.getByRole('button', { name: 'New lead' }).click();
    const dialog = page.getByRole('dialog', { name: 'New lead' });
    await dialog.getByLabel('E-mail').fill('kim@example.com');
    await dialog.getByRole('button', { name: 'New lead' }).click();
    await page.getByRole('complementary').getByRole('link', { name: 'Quote' }).waitFor();
    const { items } = await owner.get('/leads?status=new');
    assert.equal(items[0].contact_info.email, 'kim@example.com');
    assert.equal(items[0].source, 'agent');
  });

  it('becomes the client whom a colleague takes for the same', async () => {
    const ada = await owner.post('/crm/clients', { name: 'Ada Roe', email: 'Ada@example.com' });
    const contact_info = { name: 'A. Roe', email: 'ada@example.com' };
    await owner.post('/leads', { intent: 'price', contact_info });
    const page = await sitDown('leads');
    const lead = row(page, 'ada@example.com');
    await lead.getByRole('button', { name: 'Convert', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: 'Make A. Roe a client' });
    const choice = dialog.getByRole('group', { name: 'Is it one of these clients?' });
    await choice.getByRole('radio', { name: /Ada Roe\s*Same e-mail address/ }).check();
    await assertAccessible(page, 'similar clients');
    await dialog.getByRole('button', { name: 'Convert', exact: true }).click();
    await page.getByText('The lead is a client now.').waitFor();
    const { items } = await owner.get('/leads?status=converted&q=ada');
    assert.deepEqual(
      items.map(({ client_id }) => client_id),
      [ada.id],
    );
  });
});
