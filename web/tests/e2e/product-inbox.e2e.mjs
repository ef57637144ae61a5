// The inbox as a team works in it, on the real server with the demonstration shop: each job from the list to the undo.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { assertAccessible, launchBrowser } from './browser.mjs';
import { assertFit, COLLEAGUE, InboxTeam, OWNER, PHONE, until } from './inbox-team.mjs';
import { reasonToSkip } from './product-server.mjs';

describe('inbox', { skip: reasonToSkip(), timeout: 280_000 }, () => {
  let browser, team, owner, server, workspace;
  const write = (...words) => team.write(...words);
  const sitDown = (...where) => team.sitDown(...where);
  const stateOf = (id) => team.stateOf(id);

  before(async () => {
    browser = await launchBrowser();
    team = await InboxTeam.start(browser);
    ({ owner, server, workspace } = team);
  });
  after(async () => {
    await browser?.close();
    await team?.stop();
  });
  afterEach(() => team.endOfTest());

  it('replies with a saved reply, leaves a note that calls a colleague, resolves by keyboard', async () => {
    const { id } = await write('Where is my desk?', 'Camille Laurent');
    const desk = await sitDown();
    const colleague = await sitDown(COLLEAGUE, '/inbox?view=mentions');
    const { page } = desk;
    await colleague.page.getByText('Nobody has mentioned you').waitFor();
    await desk.row('Camille Laurent').click();
    await desk.log.getByText('Where is my desk?').waitFor();

    await page.keyboard.press('r');
    await page.keyboard.type('/hel');
    await page.getByRole('option', { name: '/hello' }).waitFor();
    await page.keyboard.press('Enter');
    assert.equal(
      await desk.reply.inputValue(),
      'Hello Camille, Sarah Petit from Maison Noyer here.',
    );
    await page.keyboard.press('Control+Enter');
    await desk.log.getByText('Hello Camille, Sarah Petit from').waitFor();
    await page.getByText('AI is paused').waitFor();

    await desk.log.focus();
    await page.keyboard.press('n');
    await page.keyboard.type('Please look, @L');
    await page.getByRole('option', { name: 'Léa Martin' }).waitFor();
    await assertAccessible(page, 'a note that mentions');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Control+Enter');
    await desk.log.locator('strong', { hasText: '@Léa Martin' }).waitFor();
    await colleague.row('Camille Laurent').waitFor();

    await page.keyboard.press('Escape');
    await page.keyboard.press('e');
    await page.getByText('Conversation resolved.').waitFor();
    await desk.log.getByText('Sarah Petit resolved this').waitFor();
    assert.equal((await stateOf(id)).status, 'resolved');
    await page.keyboard.press('z');
    await desk.button('Resolve').waitFor();
    await desk.log.getByText('Sarah Petit reopened this').waitFor();
    assert.notEqual((await stateOf(id)).status, 'resolved');

    await page.keyboard.press('r');
    await page.keyboard.type('All done.');
    await page.keyboard.press('Control+Shift+Enter');
    await desk.button('Reopen').waitFor();
    assert.equal((await stateOf(id)).status, 'resolved');
  });

  it('shows who else is here, and does not let two people answer unawares', async () => {
    const { id } = await write('Can you help me?', 'Oliver Hughes');
    const sarah = await sitDown(OWNER, `/inbox/${id}`);
    const lea = await sitDown(COLLEAGUE, `/inbox/${id}`);
    await sarah.log.getByText('Can you help me?').waitFor();
    await sarah.page.getByRole('list', { name: 'Also here' }).getByText('Léa Martin').waitFor();
    await lea.page.getByRole('list', { name: 'Also here' }).getByText('Sarah Petit').waitFor();
    await lea.reply.fill('I am on');
    await lea.reply.press('End');
    await lea.page.keyboard.type(' it.');
    await sarah.page.getByText('Léa Martin is typing…').waitFor();

    await sarah.reply.fill('Hello Oliver, how can I help?');
    const { last_seq } = await stateOf(id);
    await lea.page.keyboard.press('Control+Enter');
    await lea.log.getByText('I am on it.').waitFor();
    // As if Sarah had sent before she could see it.
    await sarah.page.route('**/messages', async (route, request) => {
      const body = request.postDataJSON();
      if (body)
        return route.continue({ postData: JSON.stringify({ ...body, seen_seq: last_seq }) });
      return route.continue();
    });
    await sarah.button('Send').click();
    await sarah.alert.getByText('Léa Martin: I am on it.').waitFor();
    await assertAccessible(sarah.page, 'a colleague was faster');
    const replies = async () =>
      (await owner.get(`/conversations/${id}/messages`)).items
        .filter(({ sender_type }) => sender_type === 'agent')
        .map(({ text }) => text);
    assert.deepEqual(await replies(), ['I am on it.']);
    await sarah.page.unroute('**/messages');
    await sarah.button('Send anyway').click();
    await sarah.alert.waitFor({ state: 'detached' });
    // what a colleague sees is stored
    await lea.log.getByText('Hello Oliver, how can I help?').waitFor();
    assert.deepEqual(await replies(), ['I am on it.', 'Hello Oliver, how can I help?']);
  });

  it('assigns, labels, snoozes, hands back and undoes, for one and for many', async () => {
    const names = ['Amina One', 'Amina Two', 'Amina Three'];
    const ids = [];
    for (const name of names) ids.push((await write(`${name} has a question`, name)).id);
    const desk = await sitDown();
    const { page } = desk;
    await desk.row('Amina Three').focus();
    await page.keyboard.press('Shift+ArrowDown');
    await page.keyboard.press('Shift+ArrowDown');
    await page.getByText('3 selected').waitFor();
    await assertAccessible(page, 'several are selected');
    await page.keyboard.press('a');
    await page.getByRole('option', { name: /Léa/ }).waitFor();
    await page.keyboard.type('lea');
    await page.keyboard.press('Enter');
    await page.getByText('3 conversations assigned to Léa Martin.').waitFor();
    for (const id of ids) assert.equal((await stateOf(id)).assignee_name, COLLEAGUE.name);
    await desk.button('Undo').click();
    await desk.row('Amina One').filter({ hasText: 'Léa' }).waitFor({ state: 'detached' });
    for (const id of ids) await until(async () => (await stateOf(id)).assigned_to === null);

    const [id] = ids;
    await desk.row('Amina One').click();
    await desk.log.getByText('Amina One has a question').waitFor();
    await desk.log.focus();
    await page.keyboard.press('l');
    await page.getByRole('option', { name: 'VIP' }).waitFor();
    await page.keyboard.type('vip');
    await page.keyboard.press('Enter');
    await page.getByText('Label “VIP” added.').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('complementary').getByText('VIP').waitFor();
    await page.keyboard.press('i');
    await page.getByText('Assigned to Sarah Petit.').waitFor();
    await page.keyboard.press('t');
    await page.getByText('AI is paused').waitFor();
    await page.keyboard.press('t');
    await page.getByText('AI is paused').waitFor({ state: 'detached' });
    await until(async () => !(await stateOf(id)).ai_paused);
    const state = await stateOf(id);
    assert.deepEqual(
      [state.assignee_name, state.ai_paused, state.labels.map(({ name }) => name)],
      [OWNER.name, false, ['VIP']],
    );

    await page.keyboard.press('h');
    await page.getByRole('option', { name: /Tomorrow/ }).click();
    await page.getByText('Conversation snoozed.').waitFor();
    assert.ok(Date.parse((await stateOf(id)).snoozed_until) > Date.now());
    await page.getByRole('link', { name: 'Snoozed', exact: true }).click();
    await desk.row('Amina One').waitFor();
    await page.getByRole('link', { name: /^Mine/ }).click();
    await page.waitForURL('**view=mine');
    await desk.row('Amina One').waitFor({ state: 'detached' });
  });

  it('keeps still under the pointer, and narrows, saves and finds again what is looked for', async () => {
    const first = await write('I want to rent a pony', 'Jonas Weber');
    const desk = await sitDown();
    const { page } = desk;
    await desk.row('Jonas Weber').hover();
    // Not the texts: the box to select by comes in the avatar's place under the pointer.
    const order = () => desk.rows.evaluateAll((rows) => rows.map(({ dataset }) => dataset.id));
    const before = await order();
    await write('Quite another matter', 'Sofia Rossi');
    await page.getByRole('button', { name: '1 updated' }).waitFor();
    assert.deepEqual(await order(), before);
    await page.getByRole('button', { name: /updated/ }).click();
    await page.mouse.move(1200, 400);
    await desk.rows
      .first()
      .filter({ hasText: /Sofia|Visitor/ })
      .waitFor();

    await desk.button('Filter').click();
    await page.getByLabel('Assignee').selectOption({ label: 'Unassigned' });
    await page.getByLabel('Unread only').check();
    await page.waitForURL('**assigned_to=none**unread=true**');
    await assertAccessible(page, 'filter');
    await page.keyboard.press('Escape');
    await desk.button('Save view').click();
    await page.getByLabel('Name').fill('Nobody has looked');
    await page.getByRole('dialog').getByRole('button', { name: 'Save view' }).click();
    await page.getByRole('link', { name: 'All', exact: true }).click();
    await page.getByRole('link', { name: 'Nobody has looked' }).click();
    await page.waitForURL('**assigned_to=none&unread=true');

    await page.keyboard.press('/');
    await page.keyboard.type('pony');
    const hit = page.getByRole('region', { name: 'Search results' }).getByRole('link').first();
    await hit.locator('mark', { hasText: 'pony' }).waitFor();
    await assertAccessible(page, 'search results');
    await hit.focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/inbox/${first.id}**message=1`);
    await desk.log.getByText('I want to rent a pony').waitFor();
  });

  it('knows the person: edits, notes, blocks, escalates, erases', async () => {
    const { id, visitor, contactId } = await write('Do you ship to Belgium?', 'Priya Nair');
    const desk = await sitDown(OWNER, `/inbox/${id}`);
    const { page } = desk;
    const panel = page.getByRole('complementary', { name: 'Details' });
    await panel.getByText('shop.example/checkout').waitFor();
    await panel.getByRole('button', { name: 'E-mail: Add' }).click();
    await page.keyboard.type('priya@example.org');
    await page.keyboard.press('Enter');
    await panel.getByRole('button', { name: /priya@example.org/ }).waitFor();
    await panel.getByRole('button', { name: 'Note about this person' }).click();
    await page.keyboard.type('Knows the founder');
    await page.keyboard.press('Control+Enter');
    await panel.getByText('Knows the founder').waitFor();
    const contact = () => owner.get(`/contacts/${contactId}`);
    await until(async () => (await contact()).note === 'Knows the founder');
    assert.equal((await contact()).email, 'priya@example.org');

    await desk.button('More actions').click();
    await page.getByRole('option', { name: 'Escalate…' }).click();
    await page.getByLabel('Summary').fill('Needs a customs form');
    await page.getByLabel('Assignee').selectOption({ label: COLLEAGUE.name });
    await assertAccessible(page, 'escalate');
    await page.getByRole('dialog').getByRole('button', { name: 'Escalate' }).click();
    await panel.getByText('Needs a customs form').waitFor();
    await panel.getByRole('button', { name: 'Mark as done' }).click();
    await panel.getByText('Done', { exact: true }).waitFor();

    await panel.getByRole('button', { name: 'Block this person' }).click();
    await panel.getByText('This person is blocked').waitFor();
    await assert.rejects(visitor.ask('Hello?'));
    await desk.button('Undo').click();
    await panel.getByText('This person is blocked').waitFor({ state: 'detached' });

    const why = page.getByRole('button', { name: 'Why this answer' });
    if (await why.count()) {
      await why.first().click();
      await page.getByRole('dialog').getByText('How it was made').waitFor();
      await assertAccessible(page, 'why this answer');
      await page.keyboard.press('Escape');
    }
    await panel.getByRole('button', { name: 'Erase this person' }).click();
    await page.getByRole('button', { name: 'Erase for good' }).click();
    await page.getByText('The person was erased.').waitFor();
    await assert.rejects(stateOf(id));
    assert.equal(await desk.row('Priya Nair').count(), 0);
  });

  it('puts two contacts together that are one person, and takes them apart again', async () => {
    const shop = await write('Is my lamp ready?', 'Ana Lima');
    const phone = await write('It is me, from my phone', 'Ana L.');
    const desk = await sitDown(OWNER, `/inbox/${shop.id}`);
    const { page } = desk;
    const panel = page.getByRole('complementary', { name: 'Details' });
    await panel.getByRole('button', { name: 'Same person as…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Same person as…' });
    const act = dialog.getByRole('button', { name: 'Put together' });
    assert.ok(await act.isDisabled(), 'nobody is chosen yet');
    await dialog.getByLabel('Name, e-mail address or number').fill('Nobody at all');
    await dialog.getByText('Nothing matches.').waitFor();
    await dialog.getByLabel('Name, e-mail address or number').fill('Ana');
    await dialog.getByRole('radio', { name: /Ana L\./ }).check();
    assert.equal(await dialog.getByRole('radio', { name: /Ana Lima/ }).count(), 0, 'not oneself');
    await assertFit(page, 'who is the same person');
    await act.click();
    await page.getByText('The two are one person now.').waitFor();
    await panel.getByText('Includes Ana L. (by hand)').waitFor();
    assert.equal((await stateOf(phone.id)).contact.id, shop.contactId);
    assert.equal((await stateOf(shop.id)).status, 'resolved', 'one conversation goes on');
    await assertFit(page, 'a person of two contacts');

    await panel.getByRole('button', { name: /Take apart/ }).click();
    await panel.getByText('Includes Ana L.').waitFor({ state: 'detached' });
    assert.equal((await stateOf(phone.id)).contact.id, phone.contactId);
    assert.equal((await stateOf(shop.id)).status, 'open');
  });

  it('attaches a picture, and shows it', async () => {
    const { id } = await write('Which colour is it?', 'Marta Kowalska');
    const desk = await sitDown(OWNER, `/inbox/${id}`);
    const { page } = desk;
    await desk.log.getByText('Which colour is it?').waitFor();
    const buffer = Buffer.from(PNG, 'base64');
    await page
      .locator('input[type=file]')
      .setInputFiles({ name: 'walnut.png', mimeType: 'image/png', buffer });
    await page.getByRole('button', { name: 'Remove walnut.png' }).waitFor();
    await desk.reply.fill('This one.');
    await desk.button('Send').click();
    await desk.log.getByRole('button', { name: 'walnut.png' }).click();
    const image = page.getByRole('dialog').getByRole('img', { name: 'walnut.png' });
    await image.waitFor();
    assert.ok(await image.evaluate((one) => one.decode().then(() => one.naturalWidth > 0)));
    await assertAccessible(page, 'a picture');
  });

  it('catches up after a cut, with one stream for all tabs', async () => {
    const { visitor, id } = await write('First', 'Youssef Haddad');
    const desk = await sitDown(OWNER, `/inbox/${id}`);
    const { page } = desk;
    await desk.log.getByText('First').waitFor();
    const second = await page.context().newPage();
    let streams = 0;
    second.on('request', (request) => {
      if (request.url().endsWith('/api/v1/events')) streams += 1;
    });
    await second.goto(page.url());
    await second.getByRole('log').getByText('First').waitFor();
    await visitor.ask('Second');
    await second.getByRole('log').getByText('Second').waitFor();
    assert.equal(streams, 0);
    await page.context().setOffline(true);
    await page.getByText('You are offline').waitFor();
    await visitor.ask('While nobody listened');
    await page.context().setOffline(false);
    await desk.log.getByText('While nobody listened').waitFor();
    await page.close();
    await visitor.ask('Is anybody there?');
    await second.getByRole('log').getByText('Is anybody there?').waitFor();
  });

  for (const scheme of ['light', 'dark']) {
    it(`has no accessibility finding and nothing too wide, ${scheme}`, async () => {
      const { id } = await write('Bonjour, livrez-vous en Belgique ?', 'Inès Moreau');
      const visits = [
        ['en-GB', { colorScheme: scheme }],
        ['fr-FR', { colorScheme: scheme }],
        ['en-GB', { viewport: { width: 1100, height: 800 }, colorScheme: scheme }],
        ['fr-FR', { ...PHONE, colorScheme: scheme }],
      ];
      for (const [locale, options] of visits) {
        const { page } = await sitDown(OWNER, '/inbox', { ...options, locale });
        const paths = [
          '',
          `/${id}`,
          `/${id}?details=1`,
          '?view=mentions',
          '?label=none&sort=waiting',
        ];
        for (const path of paths) {
          const where = `${path} ${locale} ${String(page.viewportSize().width)}`;
          await page.goto(`${server.url}/app/${workspace}/inbox${path}`);
          await page
            .getByRole('heading', { name: /Inbox|Réception/ })
            .first()
            .waitFor();
          const isThread = path.startsWith('/');
          if (isThread) await page.getByRole('log').getByText('Bonjour').waitFor();
          // A row is hidden until it is measured; an empty list has a link, a failed one a button.
          if (!isThread || page.viewportSize().width > 1000) {
            const list = page.getByRole('region', { name: 'Conversations', exact: true });
            const inIt = list.getByRole('link').or(list.getByRole('button'));
            await inIt.first().waitFor();
          }
          if (path.includes('details')) await page.getByRole('complementary').waitFor();
          await assertFit(page, where);
        }
      }
    });
  }
});

/** One pixel of walnut. */
const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
