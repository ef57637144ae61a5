// Clients and what is planned with them, on the real server: the list, one client, files, merging, the settings of sales.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { assertAccessible, launchBrowser } from './browser.mjs';
import { Visits } from './dashboard-visit.mjs';
import { ProductServer, reasonToSkip } from './product-server.mjs';

const APP = '/app/fennel-oak';
const HOUR = 3_600_000;

describe('clients', { skip: reasonToSkip(), timeout: 400_000 }, () => {
  let browser, server, visits, owner, me;

  before(async () => {
    [browser, server] = await Promise.all([launchBrowser(), ProductServer.start()]);
    visits = new Visits(browser, server);
    owner = await server.signIn();
    me = (await owner.get('/session')).user.id;
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });
  afterEach(() => visits.close());

  const client = (fields) => owner.post('/crm/clients', fields);
  const at = (hours) => new Date(Date.now() + hours * HOUR).toISOString();
  const goTo = (page, path) => page.goto(server.url + APP + path);
  /** Waits until the list shows exactly these, in this order. */
  const shows = (page, wanted) =>
    page.waitForFunction(
      (expected) =>
        JSON.stringify([...document.querySelectorAll('tbody a')].map((a) => a.innerText)) ===
        expected,
      JSON.stringify(wanted),
    );

  it('lists whoever has written, finds, filters, sorts, and keeps filters as segments', async () => {
    await client({ name: 'Vera Zimmer', client_type: 'partner', tags: ['Trade fair'] });
    await client({ name: 'Volker Ziegler', client_type: 'partner', tags: ['Trade fair'] });
    const { page } = await visits.open();
    await page.keyboard.press('g');
    await page.keyboard.press('c');
    await page.getByRole('heading', { name: 'Clients', exact: true }).waitFor();
    await page.getByRole('link', { name: 'Ingrid Halvers' }).waitFor();

    await page.keyboard.press('/');
    await page.keyboard.type('zi');
    await page.getByRole('link', { name: 'Vera Zimmer' }).waitFor();
    await page.getByRole('button', { name: 'Name', exact: true }).click();
    await shows(page, ['Vera Zimmer', 'Volker Ziegler']);
    await page.getByRole('button', { name: 'Name', exact: true }).click();
    await shows(page, ['Volker Ziegler', 'Vera Zimmer']);
    await page
      .getByRole('columnheader', { name: 'Name' })
      .and(page.locator('[aria-sort=descending]'))
      .waitFor();

    await page.getByRole('searchbox', { name: 'Search clients' }).fill('');
    await page.getByRole('button', { name: 'Filter', exact: true }).click();
    const panel = page.getByRole('dialog', { name: 'Filter' });
    await panel.getByRole('button', { name: 'Partner' }).click();
    await panel.getByRole('button', { name: 'Trade fair' }).click();
    await assertAccessible(page, 'filter panel');
    await page.keyboard.press('Escape');
    await shows(page, ['Volker Ziegler', 'Vera Zimmer']);

    await page.getByRole('button', { name: 'Save as segment' }).click();
    await page.getByLabel('Name', { exact: true }).fill('Partners of the fair');
    await page.getByRole('switch', { name: 'For the whole team' }).click();
    await assertAccessible(page, 'segment dialog');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    const segment = page.getByRole('link', { name: 'Partners of the fair' });
    await segment.and(page.locator('[aria-current=true]')).waitFor();
    await page.getByRole('button', { name: 'Remove the filter #Trade fair' }).click();
    await page.getByRole('link', { name: 'All clients' }).click();
    await page.getByRole('link', { name: 'Ingrid Halvers' }).waitFor();
    await segment.click();
    await shows(page, ['Volker Ziegler', 'Vera Zimmer']);

    await page.getByRole('button', { name: 'Columns' }).click();
    await page.getByRole('option', { name: 'Created' }).click();
    await page.keyboard.press('Escape');
    await page.getByRole('columnheader', { name: 'Created' }).waitFor();
    await page.reload();
    await page.getByRole('columnheader', { name: 'Created' }).waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Export' }).click(),
    ]);
    const text = await (await download.createReadStream()).toArray();
    assert.match(Buffer.concat(text).toString(), /Volker Ziegler/);
  });

  it('opens a client: facts in place, tags, a note, a task that is done in its time', async () => {
    await owner.post('/crm/fields', {
      entity: 'client',
      key: 'vat',
      label: 'VAT number',
      field_type: 'text',
    });
    const { page } = await visits.open({ path: `${APP}/clients` });
    await page.getByRole('link', { name: 'Ingrid Halvers' }).waitFor();
    await page.keyboard.press('n');
    const dialog = page.getByRole('dialog', { name: 'New client' });
    await dialog.getByLabel('E-mail').fill('nobody');
    await dialog.getByLabel('Name').fill('Grace Hopper');
    await dialog.getByLabel('E-mail').fill('grace@navy.example');
    await dialog.getByLabel('Tags').fill('Pioneer');
    await dialog.getByLabel('Tags').press('Enter');
    await assertAccessible(page, 'new client');
    await dialog.getByRole('button', { name: 'Create client' }).click();
    await page.getByRole('heading', { name: 'Grace Hopper' }).waitFor();
    const facts = page.getByRole('region', { name: 'What is known' });
    await facts.getByText('Pioneer', { exact: true }).waitFor();
    await facts.getByText('Has an e-mail address').waitFor();

    await facts
      .getByRole('button', { name: /^Company: Add/ })
      .or(facts.getByRole('button', { name: /Company/ }))
      .first()
      .click();
    await page.keyboard.type('Navy');
    await page.keyboard.press('Enter');
    await facts.getByRole('button', { name: /VAT number/ }).click();
    await page.keyboard.type('FR 42');
    await page.keyboard.press('Enter');
    await facts.getByLabel('Stage').selectOption('opportunity');
    await facts.getByLabel('Quality').selectOption('hot');
    const header = page.locator('header').filter({ hasText: 'Grace Hopper' });
    await header.getByText('Navy').waitFor();
    await header.getByText('Opportunity').waitFor();
    await header.getByText('Hot').waitFor();
    await facts.getByRole('button', { name: /FR 42/ }).waitFor();

    await page
      .getByRole('textbox', { name: 'What should the team know?' })
      .fill('Likes compilers.');
    await page.keyboard.press('Control+Enter');
    await page.getByRole('link', { name: 'Notes' }).click();
    await page.getByText('Likes compilers.').waitFor();
    await page.getByRole('button', { name: 'Pin to the top' }).click();
    await page.getByRole('button', { name: 'Take off the top' }).waitFor();
    await assertAccessible(page, 'notes');

    await page.getByText('Task', { exact: true }).click();
    await page.getByRole('textbox', { name: 'What is to be done?' }).fill('Send the manual');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page
      .getByRole('navigation', { name: 'Parts of the client' })
      .getByRole('link', { name: 'Activities' })
      .click();
    await page.getByRole('button', { name: 'Send the manual' }).click();
    const activity = page.getByRole('dialog', { name: 'Change activity' });
    await activity.getByLabel('Due').fill('2031-05-04T09:30');
    await activity.getByLabel('Priority').selectOption('high');
    await activity.getByLabel('Reminder by e-mail').selectOption('60');
    await assertAccessible(page, 'activity dialog');
    await activity.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('listitem').getByText('High', { exact: true }).waitFor();
    const { items } = await owner.get('/crm/activities?status=pending&assigned_to=me');
    const task = items.find(({ subject }) => subject === 'Send the manual');
    assert.equal(Date.parse(task.due_date) - Date.parse(task.remind_at), HOUR);
    await page.getByRole('checkbox', { name: 'Done: Send the manual' }).check();
    await page.getByText('“Send the manual” is done.').waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByRole('checkbox', { name: 'Done: Send the manual', checked: false }).waitFor();

    // a second tab follows what happens here
    const other = await visits.open({ path: new URL(page.url()).pathname });
    await other.page.getByRole('heading', { name: 'Grace Hopper' }).waitFor();
    await facts.getByRole('button', { name: /Name.*Grace/ }).click();
    await page.keyboard.type('Grace Murray');
    await page.keyboard.press('Enter');
    await other.page.getByRole('heading', { name: 'Grace Murray' }).waitFor();
  });

  it('says what is overdue, today and later, and whose it is', async () => {
    const { id } = await client({ name: 'Alan T.' });
    const plan = (subject, due_date, more = {}) =>
      owner.post('/crm/activities', {
        activity_type: 'call',
        subject,
        client_id: id,
        due_date,
        assigned_to: me,
        ...more,
      });
    await plan('Call back', at(-30));
    await plan('Ask again', at(24 * 9), { priority: 'low' });
    await plan('For nobody', at(24 * 9), { assigned_to: null });
    const { page } = await visits.open();
    await page.keyboard.press('g');
    await page.keyboard.press('t');
    const overdue = page.getByRole('region', { name: /^Overdue/ });
    await overdue.getByRole('button', { name: 'Call back' }).waitFor();
    await page
      .getByRole('region', { name: /^Later/ })
      .getByRole('button', { name: 'Ask again' })
      .waitFor();
    assert.equal(await page.getByText('For nobody').count(), 0);
    await page.getByLabel('Assigned to').selectOption('none');
    await page.getByRole('button', { name: 'For nobody' }).waitFor();
    assert.equal(await page.getByText('Call back').count(), 0);
    await page.getByLabel('Assigned to').selectOption('');
    await page.getByLabel('Priority').selectOption('low');
    await page.getByRole('button', { name: 'Ask again' }).waitFor();
    await page.getByRole('link', { name: 'Alan T.' }).first().click();
    await page.getByRole('heading', { name: 'Alan T.' }).waitFor();

    await goTo(page, '/activities?activity=new');
    const dialog = page.getByRole('dialog', { name: 'New activity' });
    await dialog.getByLabel('What is to be done').fill('Write to Alan');
    await dialog.getByRole('combobox', { name: /^Client/ }).fill('alan');
    await dialog.getByRole('option', { name: /Alan T\./ }).click();
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('button', { name: 'Write to Alan' }).waitFor();
    await page
      .getByRole('region', { name: /^Without a date/ })
      .getByText('Alan T.')
      .first()
      .waitFor();
  });

  it('changes many at once, and says how many before it deletes', async () => {
    for (const number of [1, 2, 3]) await client({ name: `Bulk ${number}`, tags: ['Batch'] });
    const { page } = await visits.open({ path: `${APP}/clients?tag=Batch&sort=name` });
    await shows(page, ['Bulk 1', 'Bulk 2', 'Bulk 3']);
    await page.keyboard.press('j');
    await page.keyboard.press('x');
    await page.getByText('1 client chosen').waitFor();
    await page.getByRole('checkbox', { name: 'Choose all clients shown' }).check();
    await page.getByText('3 clients chosen').waitFor();
    await assertAccessible(page, 'bulk bar');
    await page.getByLabel('Set type').selectOption('customer');
    await page.getByText('3 clients changed.').waitFor();
    await page.getByRole('checkbox', { name: 'Choose Bulk 1' }).check();
    await page
      .getByRole('textbox', { name: 'Tag', exact: true })
      .or(page.getByRole('combobox', { name: 'Tag', exact: true }))
      .fill('First');
    await page.getByRole('button', { name: 'Add tag' }).click();
    await page.getByText('First', { exact: true }).waitFor();
    await page.getByRole('checkbox', { name: 'Choose all clients shown' }).check();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: 'Delete 3 clients?' });
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await page.getByText('No client matches').waitFor();
  });

  it('compares two clients, merges them with the values chosen, and takes them apart', async () => {
    const kept = await client({ name: 'Ada Lovelace', email: 'ada@engine.example' });
    const other = await client({
      name: 'Ada King',
      email: 'ada@engine.example',
      phone: '+33611223344',
    });
    await owner.post('/crm/notes', { client_id: other.id, content: 'Countess.' });
    const { page } = await visits.open({ path: `${APP}/clients/${kept.id}` });
    await page.getByRole('button', { name: /^Compare.*Ada King/ }).click();
    const dialog = page.getByRole('dialog', { name: 'Merge two clients' });
    const row = (name) => dialog.getByRole('row').filter({ hasText: name });
    await row('Name').getByRole('radio').nth(1).check();
    assert.equal(await row('Phone').first().getByRole('radio').nth(1).isChecked(), true);
    await assertAccessible(page, 'merge dialog');
    await dialog.getByRole('button', { name: 'Merge' }).click();
    await page.getByRole('heading', { name: 'Ada King' }).waitFor();
    await page.getByRole('link', { name: 'Notes' }).click();
    await page.getByText('Countess.').waitFor();
    assert.equal((await owner.get(`/crm/clients/${kept.id}`)).phone, '+33611223344');

    await goTo(page, `/clients/${other.id}`);
    await page.getByText('This client is part of another one now').waitFor();
    await page.getByRole('link', { name: 'Open that client' }).click();
    await page.getByRole('button', { name: /^Take apart/ }).click();
    await page.getByText('Ada King is a client of its own again.').waitFor();
    await goTo(page, `/clients/${other.id}?tab=notes`);
    await page.getByText('Countess.').waitFor();
    await page.getByRole('button', { name: 'Delete client' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('Ada King deleted.').waitFor();
  });

  it('lists duplicates, merges two with the one that is chosen, and takes it back', async () => {
    const first = await client({
      name: 'Jean Bart',
      email: 'jean@port.example',
      phone: '+32470112233',
    });
    const second = await client({
      name: 'J. Bart',
      email: 'jean@port.example',
      phone: '+32470112233',
    });
    await owner.post('/crm/notes', { client_id: first.id, content: 'Sails on Sundays.' });
    const { page } = await visits.open({ path: `${APP}/clients` });
    await page.getByRole('link', { name: 'Duplicates' }).click();
    const pair = page.getByRole('region', { name: 'Jean Bart and J. Bart' });
    await pair.getByText('Same e-mail address').waitFor();
    await pair.getByText('Same phone number').waitFor();
    assert.equal(await pair.getByRole('radio', { name: /Jean Bart/ }).isChecked(), true);
    await assertAccessible(page, 'duplicates');
    await pair.getByRole('radio', { name: /J\. Bart/ }).check();
    await pair.getByRole('button', { name: 'Merge Jean Bart and J. Bart' }).click();
    await page.getByText('Merged into J. Bart.').waitFor();
    await pair.waitFor({ state: 'detached' });
    assert.equal((await owner.get(`/crm/clients/${first.id}`)).merged_into, second.id);
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('Jean Bart is a client of its own again.').waitFor();
    await pair.waitFor();
    const { items } = await owner.get(`/crm/notes?client_id=${first.id}`);
    assert.deepEqual(
      items.map(({ content }) => content),
      ['Sails on Sundays.'],
    );

    // value by value: the way back brings the old name, too
    await pair.getByRole('button', { name: /^Field by field/ }).click();
    const dialog = page.getByRole('dialog', { name: 'Merge two clients' });
    await dialog.getByRole('row').filter({ hasText: 'Name' }).getByRole('radio').nth(1).check();
    await dialog.getByRole('button', { name: 'Merge' }).click();
    await page.getByText('Merged into J. Bart.').waitFor();
    assert.equal((await owner.get(`/crm/clients/${first.id}`)).name, 'J. Bart');
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('J. Bart is a client of its own again.').waitFor();
    assert.equal((await owner.get(`/crm/clients/${first.id}`)).name, 'Jean Bart');
    await pair.waitFor();

    const french = await visits.open({
      path: `${APP}/clients/duplicates`,
      locale: 'fr',
      colorScheme: 'dark',
      viewport: { width: 390, height: 844 },
    });
    await french.page.getByRole('region', { name: 'Jean Bart et J. Bart' }).waitFor();
    await assertAccessible(french.page, 'duplicates, French, dark, on a phone');
    const width = await french.page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 390, `${width} px wide`);
  });

  it('imports a file: columns, a look at each row, what could not be taken', async () => {
    await client({ name: 'Old name', email: 'known@import.example' });
    const { page } = await visits.open({ path: `${APP}/clients?import=1` });
    const sheet = page.getByRole('dialog', { name: 'Import' });
    const rows = [
      'Full name;Mail;Kind',
      'Zoë Import;zoe@import.example;customer',
      'New name;known@import.example;partner',
      'Bad Import;not an address;lead',
    ];
    await sheet.locator('input[type=file]').setInputFiles({
      name: 'clients.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from(rows.join('\r\n'), 'latin1'),
    });
    await sheet.getByLabel('What the column Full name is').waitFor();
    await assertAccessible(page, 'mapping');
    await sheet.getByLabel('What the column Mail is').selectOption('email');
    await sheet.getByLabel('What the column Kind is').selectOption('client_type');
    await sheet.getByLabel('Tags for new clients').fill('Imported');
    await sheet.getByLabel('Tags for new clients').press('Enter');
    await sheet.getByRole('button', { name: 'Check the rows' }).click();
    await sheet.getByText('1 new').waitFor();
    await sheet.getByText('1 updated').waitFor();
    await sheet.getByText('1 refused').waitFor();
    await sheet.getByText(/^Row 4/).waitFor();
    await assertAccessible(page, 'preview');
    await sheet.getByRole('button', { name: 'Import 2 clients' }).click();
    await sheet.getByText('2 clients imported.').waitFor();
    await assertAccessible(page, 'result');
    await sheet.getByRole('button', { name: 'Done' }).click();
    const { items } = await owner.get('/crm/clients?q=import&sort=name');
    assert.deepEqual(
      items.map(({ name, client_type }) => `${name}, ${client_type}`),
      ['New name, partner', 'Zoë Import, customer'],
    );
  });

  it('stands beside the conversation, and leads back to it', async () => {
    const { items } = await owner.get('/conversations?view=all');
    const conversation = items.find(({ contact }) => contact.name === 'Ingrid Halvers');
    const { page } = await visits.open({ path: `${APP}/inbox/${conversation.id}?view=all` });
    const details = page.getByRole('complementary');
    await details.getByRole('heading', { name: 'Client', exact: true }).waitFor();
    await assertAccessible(page, 'client beside a conversation');
    await details.getByRole('link', { name: 'Open client' }).click();
    await page.getByRole('heading', { name: 'Ingrid Halvers' }).waitFor();
    await page.getByRole('link', { name: 'Open conversation' }).click();
    await page.waitForURL(`**/inbox/${conversation.id}**`);
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog', { name: 'Command palette' }).waitFor();
    await page.keyboard.type('ingrid');
    await page.getByRole('option', { name: /ingrid\.halvers@/ }).waitFor();
  });

  it('keeps tags, fields, the currency and who becomes a client in the settings', async () => {
    const { page } = await visits.open({ path: `${APP}/settings/sales-tags` });
    await page.getByRole('button', { name: 'Add tag' }).first().click();
    await page.getByLabel('Name').fill('Wholesale');
    await assertAccessible(page, 'tag dialog');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Wholesale', { exact: true }).waitFor();

    await goTo(page, '/settings/sales-fields');
    await page.getByRole('button', { name: 'Add field' }).first().click();
    const dialog = page.getByRole('dialog', { name: 'Add field' });
    await dialog.getByLabel('Name').fill('Shoe size');
    assert.equal(await dialog.getByLabel('Stored as').inputValue(), 'shoe_size');
    await dialog.getByLabel('Type').selectOption('choice');
    await dialog.getByLabel('Choices').fill('38\n39');
    await assertAccessible(page, 'field dialog');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByText('shoe_size').waitFor();
    const { id } = await client({ name: 'Barefoot' });
    await goTo(page, `/clients/${id}`);
    await page.getByLabel('Shoe size').selectOption('39');
    await page.waitForFunction(
      () => document.querySelector('[aria-label="Shoe size"]').value === '39',
    );

    await goTo(page, '/settings/sales');
    await page.getByLabel('Currency', { exact: true }).selectOption('CHF');
    await page.getByLabel('Who becomes a client on Web site').selectOption('identified');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').waitFor();
    const settings = await owner.get('/crm/settings');
    assert.equal(settings.currency, 'CHF');
    assert.equal(settings.channels[0].client_rule, 'identified');
    assert.deepEqual((await owner.get(`/crm/clients/${id}`)).custom_fields, { shoe_size: '39' });
  });

  it('is fine in the dark, in French, on a phone, and for those who only look', async () => {
    const { id } = await client({ name: 'Phone Person', tags: ['A', 'B', 'C'] });
    const paths = ['/clients', `/clients/${id}`, '/activities', '/settings/sales-fields'];
    const dark = await visits.open({ colorScheme: 'dark' });
    for (const path of paths) {
      await goTo(dark.page, path);
      await dark.page.locator('h1').waitFor();
      await assertAccessible(dark.page, `${path}, dark`);
    }
    const french = await visits.open({ locale: 'fr', viewport: { width: 390, height: 844 } });
    for (const path of paths) {
      await goTo(french.page, path);
      await french.page.locator('h1').waitFor();
      await assertAccessible(french.page, `${path}, French, on a phone`);
      const width = await french.page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(width <= 390, `${path} is ${width} px wide`);
    }
    await goTo(french.page, '/clients');
    await french.page.getByRole('button', { name: 'Nouveau client' }).waitFor();

    const { url } = await owner.post('/invitations', { role: 'viewer' });
    const account = { name: 'Vi', email: 'vi@fennel-oak.example', password: 'a long password' };
    await server.joinBy(server.url + url, account);
    const viewer = await visits.open({ account, path: `${APP}/clients/${id}` });
    await viewer.page.getByRole('heading', { name: 'Phone Person' }).waitFor();
    for (const name of ['Delete client', 'Add', 'Merge with another client']) {
      assert.equal(await viewer.page.getByRole('button', { name, exact: true }).count(), 0, name);
    }
    await assertAccessible(viewer.page, 'a client, to look at');
    await goTo(viewer.page, '/clients');
    await viewer.page.getByRole('link', { name: 'Phone Person' }).waitFor();
    assert.equal(await viewer.page.getByRole('button', { name: 'New client' }).count(), 0);
  });
});
