// What the settings of the inbox do, on the real server: each is set in its form, and then seen at work.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { assertAccessible } from './browser.mjs';
import { DemoTeam } from './demo-team.mjs';
import { DashboardPage, WidgetPage } from './page-objects.mjs';
import { reasonToSkip, Visitor } from './product-server.mjs';

const LEA = { name: 'Léa Martin', email: 'lea@fennel-oak.example', password: 'oak by the door' };

describe('inbox rules', { skip: reasonToSkip(), timeout: 240_000 }, () => {
  let team, server, visits, owner, site;
  const at = (path) => team.at(path);
  const sitDown = (...where) => team.sitDown(...where);

  before(async () => {
    team = await DemoTeam.start('agent', LEA);
    ({ server, visits, owner, site } = team);
  });
  after(() => team?.stop());
  afterEach(() => visits.close());

  /** A visitor with a name who has written. */
  async function write(text, name) {
    const visitor = await Visitor.begin(server.url, server.channelKey);
    const said = await visitor.ask(text);
    const conversation = await owner.get(`/conversations/${visitor.conversationId}`);
    await owner.patch(`/contacts/${conversation.contact.id}`, { name });
    return { id: conversation.id, visitor, said };
  }

  async function save(page) {
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('Saved.', { exact: true }).waitFor();
    await page.getByRole('group', { name: 'Unsaved changes' }).waitFor({ state: 'detached' });
  }

  it('makes, renames, recolours and deletes labels, which every inbox has at once', async () => {
    const { id } = await write('Where is my order?', 'Nora Lind');
    const inbox = await sitDown(`inbox/${id}`, LEA);
    const list = new DashboardPage(inbox);
    await list.log.getByText('Where is my order?').waitFor();
    const page = await sitDown(`inbox/${id}`);
    // the inbox keeps its labels while the settings are open
    await page.getByRole('link', { name: 'Settings' }).first().click();
    await page.getByRole('link', { name: 'Labels' }).click();
    await page.getByRole('button', { name: 'Add a label' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('Freight');
    await page.getByRole('radio', { name: 'Amber' }).check();
    await assertAccessible(page, 'new label');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('button', { name: 'Edit Freight' }).waitFor();

    // a colleague puts it on a conversation without reloading
    await inbox.keyboard.press('l');
    await inbox.getByRole('option', { name: 'Freight' }).click();
    await inbox.getByText('Label “Freight” added.').waitFor();
    await inbox.keyboard.press('Escape');
    const chip = (name) => inbox.getByRole('complementary', { name: 'Details' }).getByText(name);
    await chip('Freight').waitFor();

    // a name is given once, whatever its letters
    await page.getByRole('button', { name: 'Edit Freight' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('Haulage');
    await page.getByRole('radio', { name: 'Red' }).check();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('button', { name: 'Edit Haulage' }).waitFor();
    await chip('Haulage').waitFor();
    const { items } = await owner.get('/labels');
    assert.equal(items.find(({ name }) => name === 'Haulage').color, 'red');

    await page.getByRole('button', { name: 'Delete Haulage' }).click();
    await page.getByText('It is taken off all conversations.').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Edit Haulage' }).waitFor({ state: 'detached' });
    await chip('Haulage').waitFor({ state: 'detached' });
    assert.deepEqual((await owner.get(`/conversations/${id}`)).labels, []);
  });

  it('keeps saved replies with variables, which the composer fills in', async () => {
    const { id } = await write('Do you deliver to Gent?', 'Mara De Smet');
    const inbox = await sitDown(`inbox/${id}`, LEA);
    const page = await sitDown('settings/saved-replies');
    await page.getByRole('button', { name: 'Add a reply' }).click();
    await page.getByLabel('Title').fill('By ship');
    await page.getByLabel('Shortcut').fill('by-ship');
    await page.getByRole('textbox', { name: 'Text' }).fill('Hello ');
    await page.getByRole('button', { name: '{{contact.first_name}}' }).click();
    await page.keyboard.type(', yes we do. ');
    await page.getByRole('button', { name: '{{agent.name}}' }).click();
    await page.keyboard.type(' of ');
    await page.getByRole('button', { name: '{{business.name}}' }).click();
    await assertAccessible(page, 'new saved reply');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('heading', { name: 'By ship /by-ship' }).waitFor();

    const composer = new DashboardPage(inbox).reply;
    await composer.fill('/by-s');
    await inbox.getByRole('option', { name: '/by-ship' }).click();
    assert.equal(await composer.inputValue(), 'Hello Mara, yes we do. Léa Martin of Fennel & Oak');

    await page.getByRole('button', { name: 'Delete By ship' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('heading', { name: 'By ship /by-ship' }).waitFor({ state: 'detached' });
    await composer.fill('/by-s');
    await inbox.getByRole('option').waitFor({ state: 'detached' });
  });

  it('closes at night: hours, days off and time zone are kept, and the chat asks for an address', async () => {
    const page = await sitDown('settings/hours');
    await page.getByLabel('Time zone').selectOption('Europe/Brussels');
    await page.getByRole('switch', { name: 'People are there at certain hours' }).click();
    // a minute after midnight on Mondays, and never else: closed whenever this runs
    await page.getByLabel('Monday, from (1)').fill('00:00');
    await page.getByLabel('Monday, to (1)').fill('00:01');
    for (const day of ['Tuesday', 'Wednesday', 'Thursday', 'Friday']) {
      await page.getByRole('button', { name: `Remove hours 1 on ${day}` }).click();
    }
    await page.getByLabel('Another day off').fill('2026-12-25');
    await page.getByRole('button', { name: 'Add day' }).click();
    await assertAccessible(page, 'hours');
    await save(page);
    await page.reload();
    await page.getByText('25 December 2026').waitFor();
    assert.equal(await page.getByLabel('Time zone').inputValue(), 'Europe/Brussels');
    assert.equal(await page.getByLabel('Monday, to (1)').inputValue(), '00:01');
    assert.equal(await page.getByText('Closed', { exact: true }).count(), 6);

    const address = `${server.url}/api/widget/${server.channelKey}`;
    // what visitors get is read anew after two seconds at most
    while ((await (await fetch(address)).json()).people === null);
    const visitor = await visits.openAnonymous(`${site.url}/?channel=${server.channelKey}`);
    visitor.record.origins.delete(site.url);
    const chat = new WidgetPage(visitor.page);
    await chat.open();
    await chat.ask('I would like to talk to a person');
    await chat.panel.getByText('Leave your e-mail address').waitFor();
    await chat.panel.getByLabel('E-mail address').fill('mia@example.com');
    await chat.panel.locator('.contact').getByRole('button', { name: 'Send' }).click();
    await chat.panel.getByText('We will use mia@example.com if we have to write to you.').waitFor();
    visitor.record.origins.delete(site.url);

    // open round the clock again: the address is no longer asked for
    await page.getByRole('switch', { name: 'People are there at certain hours' }).click();
    await save(page);
    await page.reload();
    const hours = page.getByRole('switch', { name: 'People are there at certain hours' });
    await hours.waitFor();
    assert.equal(await hours.getAttribute('aria-checked'), 'false');
  });

  it('gives conversations out in turn up to the capacity, and marks a missed target', async () => {
    const lea = await sitDown('inbox', LEA);
    await new DashboardPage(lea).rows.first().waitFor();
    const page = await sitDown('settings/assignment');
    await page.getByLabel('New conversations for a person').selectOption('round_robin');
    await page.getByLabel('Open conversations a member').fill('0');
    await page.getByLabel(/^First reply within/).fill('15');
    await page.getByLabel(/^Resolved within/).fill('2880');
    const visit = visits.newest;
    visit.expected = /422/;
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('The capacity is 1 to 1,000 conversations.').waitFor();
    await page.getByLabel('Open conversations a member').fill('1');
    await assertAccessible(page, 'assignment');
    await save(page);
    await page.reload();
    await page.getByLabel('Open conversations a member').waitFor();
    assert.equal(await page.getByLabel('Open conversations a member').inputValue(), '1');
    assert.equal(await page.getByLabel(/^First reply within/).inputValue(), '15');
    assert.equal(await page.getByLabel(/^Resolved within/).inputValue(), '2880');

    // two are here and have room for one each, the third waits
    const ids = [];
    for (const name of ['Ada', 'Bea', 'Cleo']) {
      ids.push((await write('I would like to talk to a person', name)).id);
    }
    const all = await Promise.all(ids.map((id) => owner.get(`/conversations/${id}`)));
    const given = all.map(({ assignee_name }) => assignee_name);
    const free = given.filter((name) => name === null).length;
    assert.ok(free >= 1, given.join());
    assert.equal(new Set(given.filter(Boolean)).size, 3 - free, 'nobody has two');
    assert.ok(
      all.every(({ first_reply_due_at }) => first_reply_due_at),
      'a target runs',
    );
    await owner.send('PUT', '/inbox-settings', {
      ...(await owner.get('/inbox-settings')),
      assignment: { mode: 'manual', capacity: 10 },
      targets: { first_reply_minutes: null, resolution_minutes: null },
    });
    // the open form follows
    await page.waitForFunction(() =>
      [...document.querySelectorAll('select')].some(({ value }) => value === 'manual'),
    );
    assert.equal(await page.getByLabel(/^First reply within/).inputValue(), '');
  });
});
