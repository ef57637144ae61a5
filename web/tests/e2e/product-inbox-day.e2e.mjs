// A day at the inbox, on the real server: being called, by keyboard alone, on a phone, in French, and each state that
// the page can be in.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { launchBrowser } from './browser.mjs';
import { assertFit, COLLEAGUE, InboxTeam, OWNER, PHONE, until } from './inbox-team.mjs';
import { reasonToSkip } from './product-server.mjs';

describe('a day at the inbox', { skip: reasonToSkip(), timeout: 400_000 }, () => {
  let browser, team, owner;

  before(async () => {
    browser = await launchBrowser();
    team = await InboxTeam.start(browser);
    owner = team.owner;
  });
  after(async () => {
    await browser?.close();
    await team?.stop();
  });
  afterEach(() => team.endOfTest());

  /** A colleague somewhere else in the dashboard, whose browser tells what it would show and play. */
  async function listen(notifications) {
    const lea = await team.server.signIn(COLLEAGUE);
    await lea.patch('/profile', { notifications });
    const desk = await team.sitDown(COLLEAGUE, '/knowledge', { permissions: ['notifications'] });
    const { page } = desk;
    await page.addInitScript(() => {
      globalThis.called = [];
      globalThis.Notification = class {
        static permission = 'granted';
        constructor(title) {
          globalThis.called.push(title);
        }
      };
      globalThis.AudioContext = class extends AudioContext {
        constructor() {
          super();
          globalThis.called.push('♪');
        }
      };
    });
    const isLive = page.waitForResponse((answer) => answer.url().endsWith('/api/v1/events'));
    await page.reload();
    await isLive;
    const called = () => page.evaluate(() => globalThis.called);
    return { page, called, hears: (title) => until(async () => (await called()).includes(title)) };
  }

  const needPerson = async (name) => {
    const made = await team.write('Where is my order?', name);
    await made.visitor.api.post('/escalations', { reason: 'I would like a person' });
    return made;
  };
  const leaId = async () =>
    (await owner.get('/members')).items.find(({ email }) => email === COLLEAGUE.email).user_id;

  it('calls who wants to be called, for what they want', async () => {
    const { called, hears } = await listen({ sound: true, browser: true, only_mine: false });
    const first = await needPerson('Camille Laurent');
    await hears('Camille Laurent needs a person');
    assert.ok((await called()).includes('♪'));
    const user = await leaId();
    await owner.patch(`/conversations/${first.id}`, { assigned_to: user });
    await hears('Camille Laurent was assigned to you');
    await first.visitor.ask('Are you there?');
    await hears('Camille Laurent');
    const other = await team.write('A question', 'Oliver Hughes');
    const note = { client_note_id: '1', text: 'Please look, @Léa Martin', mentions: [user] };
    await owner.post(`/conversations/${other.id}/notes`, note);
    await hears('You were mentioned: Oliver Hughes');
  });

  it('leaves those alone who want only what is theirs, and plays nothing unasked', async () => {
    const { called, hears } = await listen({ sound: false, browser: true, only_mine: true });
    const theirs = await needPerson('Nobody’s Own');
    const mine = await team.write('A question', 'Priya Nair');
    await owner.patch(`/conversations/${theirs.id}`, { add_label_ids: [] });
    await owner.patch(`/conversations/${mine.id}`, { assigned_to: await leaId() });
    await hears('Priya Nair was assigned to you');
    assert.deepEqual(await called(), ['Priya Nair was assigned to you']);
  });

  it('shows nothing to who does not want it', async () => {
    const { page, called } = await listen({ sound: false, browser: false, only_mine: false });
    await needPerson('Quiet Caller');
    await page.getByRole('link', { name: /Inbox/ }).first().click();
    await page.getByText('Quiet Caller').first().waitFor();
    assert.deepEqual(await called(), []);
  });

  it('brings a snoozed one back when the visitor writes, and opens a resolved one again', async () => {
    const { id, visitor } = await team.write('When do you open?', 'Jonas Weber');
    const desk = await team.sitDown(OWNER, `/inbox/${id}?view=snoozed`);
    const { page } = desk;
    await desk.log.getByText('When do you open?').waitFor();
    await page.keyboard.press('h');
    await page.getByRole('option', { name: /Tomorrow/ }).click();
    await desk.row('Jonas Weber').waitFor();
    await visitor.ask('And on Sunday?');
    await desk.row('Jonas Weber').waitFor({ state: 'detached' });
    await desk.log.getByText('And on Sunday?').waitFor();
    assert.equal((await team.stateOf(id)).snoozed_until ?? null, null);

    await desk.button(/^Resolve/).click();
    await desk.button('Reopen').waitFor();
    await visitor.ask('One more thing');
    await desk.button(/^Resolve/).waitFor();
    await desk.log.getByText('Reopened by a new message').waitFor();
    assert.equal((await team.stateOf(id)).status, 'open');
  });

  it('does the whole job without a mouse', async () => {
    const { id } = await team.write('Where is my order?', 'Sofia Rossi');
    const desk = await team.sitDown();
    const { page } = desk;
    const press = (...keys) => each(keys, (key) => page.keyboard.press(key));
    await desk.row('Sofia Rossi').waitFor();
    await press('j');
    await desk.log.getByText('Where is my order?').waitFor();
    await press('i');
    await page.getByText('Assigned to Sarah Petit.').waitFor();
    await press('l');
    await page.getByRole('option', { name: 'Shipping' }).waitFor();
    await page.keyboard.type('ship');
    await press('Enter');
    await page.getByText('Label “Shipping” added.').waitFor();
    await press('Escape', 'n');
    await page.keyboard.type('Checked with the carrier');
    await press('Control+Enter');
    await desk.log.getByText('Checked with the carrier').waitFor();
    await press('Escape', 'r');
    await page.keyboard.type('It comes tomorrow.');
    await press('Control+Enter');
    await desk.log.getByText('It comes tomorrow.').waitFor();
    await press('Escape', 'Control+k');
    await page.getByRole('combobox', { name: 'Command palette' }).waitFor();
    await page.keyboard.type('escalate');
    await page.getByRole('option', { name: /^Escalate/ }).waitFor();
    await press('Enter');
    await page.getByRole('dialog').getByLabel('Summary').waitFor();
    await page.keyboard.type('The parcel is lost');
    await press('Tab', 'Tab', 'Tab', 'Enter');
    await page.getByText('The parcel is lost').waitFor();
    const stored = page.waitForResponse((one) => one.request().postData()?.includes('"resolved"'));
    await press('e');
    await desk.button('Reopen').waitFor();
    await stored;
    assert.equal((await team.stateOf(id)).status, 'resolved');
    await press('x');
    await page.getByText('1 selected').waitFor();
    await press('Escape');
    await page.getByText('1 selected').waitFor({ state: 'detached' });
    await press('Escape');
    await page.waitForURL((url) => url.pathname.endsWith('/inbox'));
  });

  it('does it on a phone, in French', async () => {
    const { id } = await team.write('Bonjour, où est ma commande ?', 'Inès Moreau');
    const phone = await team.sitDown(OWNER, '/inbox', { ...PHONE, locale: 'fr-FR' });
    const { page } = phone;
    const tap = (role, name) => page.getByRole(role, { name }).tap();
    const rows = page.getByRole('region', { name: 'Conversations' });
    await rows.getByRole('link', { name: /Inès Moreau/ }).tap();
    await phone.log.getByText('Bonjour').waitFor();
    await assertFit(page, 'a thread on a phone');
    await page.getByRole('textbox', { name: 'Réponse' }).fill('Elle arrive demain.');
    await tap('button', /^Envoyer/);
    await phone.log.getByText('Elle arrive demain.').waitFor();
    await page.getByText('L’IA est en pause').waitFor();
    await tap('button', 'Autres actions');
    await assertFit(page, 'what else there is to do, on a phone');
    await page.getByRole('option', { name: /^Attribuer/ }).tap();
    await page.getByRole('option', { name: /Léa Martin/ }).tap();
    await page.getByText('Attribuée à Léa Martin.').waitFor();
    await tap('button', 'Détails');
    const panel = page.getByRole('complementary', { name: 'Détails' });
    await panel.getByText('shop.example/checkout').waitFor();
    await assertFit(page, 'the details on a phone');
    await panel.getByRole('button', { name: 'Fermer' }).tap();
    await tap('button', /^Résoudre/);
    await page.getByRole('button', { name: 'Rouvrir' }).waitFor();
    await tap('link', 'Retour');
    await rows.getByRole('link', { name: /Inès Moreau/ }).waitFor();
    const { status, assignee_name } = await team.stateOf(id);
    assert.deepEqual([status, assignee_name], ['resolved', COLLEAGUE.name]);
  });

  it('shows the files of both sides', async () => {
    const { visitor, id } = await team.write('Look at this scratch', 'Marta Kowalska');
    await owner.patch(`/channels/${team.channel.id}`, { settings: { uploads_enabled: true } });
    const file = Buffer.from(PNG, 'base64');
    const sent = await visitor.api.upload('/uploads?filename=scratch.png', file);
    const message = { client_message_id: 'file', text: '', attachment_id: sent.id };
    await visitor.api.post('/messages', message);
    const terms = await owner.upload('/assets?filename=terms.pdf', '%PDF-1.7 terms');
    const reply = { client_message_id: 'terms', text: 'Our terms.', attachment_id: terms.id };
    await owner.post(`/conversations/${id}/messages`, reply);
    const desk = await team.sitDown(OWNER, `/inbox/${id}`);
    const image = desk.log.getByRole('button', { name: 'scratch.png' }).locator('img');
    await image.waitFor();
    assert.ok(await image.evaluate((one) => one.decode().then(() => one.naturalWidth > 0)));
    await desk.log.getByRole('link', { name: /terms\.pdf/ }).waitFor();
    await assertFit(desk.page, 'files');
  });

  for (const colorScheme of ['light', 'dark']) {
    it(`is accessible in every state, ${colorScheme}`, async () => {
      const { id } = await needPerson('Hugo Lefèvre');
      const desk = await team.sitDown(OWNER, '/inbox?view=mentions', { colorScheme });
      const { page, log } = desk;
      const check = (where) => assertFit(page, `${where}, ${colorScheme}`);
      await page.getByText('Nobody has mentioned you').waitFor();
      await check('an empty list');
      await page.goto(`${team.server.url}/app/${team.workspace}/inbox/${id}`);
      await log.getByText('Where is my order?').waitFor();
      await check('a thread that needs a person');
      for (const [name, key] of [
        ['assign', 'a'],
        ['label', 'l'],
        ['snooze', 'h'],
      ]) {
        await log.focus();
        await page.keyboard.press(key);
        await page.getByRole('listbox').waitFor();
        await check(name);
        await page.keyboard.press('Escape');
        await page.getByRole('listbox').waitFor({ state: 'detached' });
      }
      const other = await team.write('A question', 'Hugo’s brother');
      await page.goto(`${team.server.url}/app/${team.workspace}/inbox/${other.id}`);
      await log.getByText('A question').waitFor();
      await desk.button('More actions').click();
      await page.getByRole('listbox').waitFor();
      await check('more actions');
      await page.getByRole('option', { name: 'Escalate…' }).click();
      await page.getByRole('dialog').getByLabel('Summary').waitFor();
      await check('escalate');
      await page.keyboard.press('Escape');
      await desk.button('Erase this person').click();
      await page.getByRole('button', { name: 'Erase for good' }).waitFor();
      await check('erase');
      await page.keyboard.press('Escape');
      await page.getByRole('tab', { name: 'Internal note' }).click();
      await page.getByRole('textbox', { name: 'Internal note' }).fill('A note');
      await check('a note that is written');
      await desk.row('Hugo Lefèvre').first().focus();
      await page.keyboard.press('x');
      await page.getByText('1 selected').waitFor();
      await check('a selection');
      await page.keyboard.press('Escape');
      await desk.button('Filter').click();
      const panel = page.getByRole('dialog', { name: 'Filter' });
      await panel.getByLabel('Assignee').selectOption({ label: 'Unassigned' });
      // another list: its rows are hidden until they are measured
      await page.waitForURL(/assigned_to=/);
      await desk.row('Hugo Lefèvre').first().waitFor();
      await check('filters');
      await page.keyboard.press('Escape');
      await desk.button('Save view').click();
      await page.getByLabel('Name', { exact: true }).waitFor();
      await check('keeping a view');
    });
  }
});

async function each(items, action) {
  for (const item of items) await action(item);
}

/** One pixel of walnut. */
const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
