// The dashboard in Chromium, under its real CSP, against a server of data in memory.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { assertAccessible, launchBrowser, openPage } from './browser.mjs';
import { seed } from './dashboard-seed.mjs';
import { startServer } from './dashboard-server.mjs';

const account = {
  business: 'Maison Noyer',
  name: 'Sarah Petit',
  email: 'sarah@noyer.example',
  password: 'walnut desk by the window',
};
const wide = { width: 1440, height: 900 };
const phone = { width: 375, height: 812 };

let browser, server, context, page, record;

before(async () => {
  browser = await launchBrowser();
});
after(() => browser.close());
beforeEach(async () => {
  server = await startServer();
  await open();
});
afterEach(async () => {
  await context.close();
  server.close();
  assert.deepEqual(record.violations, [], 'the page keeps to its CSP');
  // The browser notes every answer of 400 and more; those are what some tests are about.
  const errors = record.errors.filter((text) => !/Failed to load resource|ERR_/.test(text));
  assert.deepEqual(errors, [], 'nothing went wrong in the page');
});

async function open(options = {}) {
  await context?.close();
  ({ context, page, record } = await openPage(browser, { viewport: wide, ...options }));
  page.setDefaultTimeout(10_000);
}

async function signUp() {
  await page.goto(`${server.origin}/app/sign-up`);
  await page.getByLabel('Business name').fill(account.business);
  await page.getByLabel('Your name').fill(account.name);
  await page.getByLabel('E-mail').fill(account.email);
  await page.getByLabel('Password').fill(account.password);
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.waitForURL('**/app/maison-noyer/home');
  await page.getByRole('link', { name: 'Inbox' }).first().click();
  await page.getByRole('heading', { name: 'Inbox' }).waitFor();
}

const row = (name) =>
  page.getByRole('region', { name: 'Conversations' }).getByRole('link', { name });
const streamIsOpen = async () => {
  while (server.workspace.streams.size === 0)
    await page.evaluate(() => new Promise(requestAnimationFrame));
};

test('signs up, sees a conversation arrive, replies and resolves', async () => {
  await signUp();
  await page.getByText('No conversations yet').waitFor();
  await streamIsOpen();

  const conversation = server.workspace.addConversation({ name: 'Camille Laurent' });
  server.workspace.addMessage(conversation, 'user', 'Can I change the delivery address?');
  await row('Camille Laurent').click();
  await page.getByRole('log').getByText('Can I change the delivery address?').waitFor();
  await page.waitForURL(`**/inbox/${conversation.id}`);

  await page.keyboard.press('r');
  await page.keyboard.type('Yes, **until tomorrow**.');
  await page.keyboard.press('Control+Enter');
  await page.getByRole('log').locator('strong', { hasText: 'until tomorrow' }).waitFor();
  await page.getByText('AI is paused').waitFor();
  assert.equal(server.workspace.messages.get(conversation.id).length, 2);

  await page.getByRole('button', { name: 'Resume AI' }).click();
  await page.getByText('AI is paused').waitFor({ state: 'detached' });
  assert.equal(conversation.ai_paused, false);

  await page.getByRole('log').focus();
  await page.keyboard.press('e');
  await page.getByRole('button', { name: 'Reopen' }).waitFor();
  assert.equal(conversation.status, 'resolved');
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByRole('button', { name: 'Resolve' }).waitFor();
});

test('keeps a reply that could not be sent, and sends it once when told to', async () => {
  const conversation = server.workspace.addConversation({ name: 'Oliver Hughes' });
  server.workspace.addMessage(conversation, 'user', 'Hello?');
  await signUp();
  await row('Oliver Hughes').click();
  server.workspace.failNext = `POST /api/v1/conversations/${conversation.id}/messages`;
  await page.getByLabel('Reply').fill('Good morning');
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByText('The database is restarting. Try again in a minute.').waitFor();
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('alert').waitFor({ state: 'detached' });
  const texts = server.workspace.messages.get(conversation.id).map(({ text }) => text);
  assert.deepEqual(texts, ['Hello?', 'Good morning']);
  assert.equal(await page.getByRole('log').getByText('Good morning').count(), 1);
});

test('shows the server’s sentence when signing in fails, then returns to where one wanted to go', async () => {
  await page.goto(`${server.origin}/app/maison-noyer/gaps?status=resolved`);
  await page.waitForURL('**/app/sign-in?next=**');
  const submit = async (password) => {
    await page.getByLabel('E-mail').fill(account.email);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
  };
  await submit('wrong');
  await page.getByRole('alert').getByText('E-mail or password is not right.').waitFor();
  server.workspace.account = { ...account, business_name: account.business };
  await submit(account.password);
  await page.waitForURL('**/app/maison-noyer/gaps?status=resolved');
});

test('catches up after the connection was cut', async () => {
  await signUp();
  await streamIsOpen();
  const conversation = server.workspace.addConversation({ name: 'Amina Benali' });
  server.workspace.addMessage(conversation, 'user', 'First');
  await row('Amina Benali').waitFor();
  for (const stream of server.workspace.streams) stream.destroy();
  server.workspace.addMessage(conversation, 'user', 'While nobody listened');
  await row('Amina Benali').getByText('While nobody listened').waitFor();
});

test('reads one stream for all tabs, and goes on when the first tab is closed', async () => {
  await signUp();
  await streamIsOpen();
  const second = await context.newPage();
  await second.goto(page.url());
  await second.getByText('No conversations yet').waitFor();
  assert.equal(server.workspace.streams.size, 1);
  const conversation = server.workspace.addConversation({ name: 'Jonas Weber' });
  server.workspace.addMessage(conversation, 'user', 'Guten Tag');
  await second.getByText('Guten Tag').waitFor();
  await page.close();
  server.workspace.addMessage(conversation, 'user', 'Noch da?');
  await second.getByText('Noch da?').waitFor();
});

test('says so when there is no network', async () => {
  await signUp();
  await context.setOffline(true);
  await page.getByText('You are offline').waitFor();
  await context.setOffline(false);
  await page.getByText('You are offline').waitFor({ state: 'detached' });
});

test('turns a gap into knowledge and goes to the next', async () => {
  server.workspace.addGap('Do you ship to Iceland?', { times_asked: 4 });
  server.workspace.addGap('Can I rent a desk?');
  await signUp();
  await page.keyboard.press('g');
  await page.keyboard.press('q');
  await page.getByRole('link', { name: 'Do you ship to Iceland?' }).click();
  await page.getByRole('heading', { name: 'Do you ship to Iceland?' }).waitFor();
  await page.keyboard.press('e');
  await page.keyboard.type('Yes, in 9 days.');
  await page.keyboard.press('Control+Enter');
  await page.getByRole('heading', { name: 'Can I rent a desk?' }).waitFor();
  await page.keyboard.press('d');
  await page.getByText('No gaps', { exact: true }).waitFor();
  assert.equal([...server.workspace.pairs.values()][0].answer, 'Yes, in 9 days.');

  await page.keyboard.press('g');
  await page.keyboard.press('k');
  await page.getByRole('button', { name: 'Do you ship to Iceland?' }).click();
  await page.getByRole('button', { name: 'Turn off' }).click();
  await page.getByRole('cell', { name: 'Off' }).waitFor();
});

test('adds and imports knowledge', async () => {
  await signUp();
  await page.getByRole('link', { name: 'Knowledge' }).first().click();
  await page.getByRole('button', { name: 'Add answer' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Question').fill('Is walnut oiled?');
  await dialog.getByLabel('Answer').fill('Yes, **twice**.');
  await dialog.locator('strong', { hasText: 'twice' }).waitFor();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('button', { name: 'Is walnut oiled?' }).waitFor();
  await page.getByRole('button', { name: 'Import CSV' }).click();
  await page.getByLabel('Choose a CSV file').setInputFiles({
    name: 'knowledge.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from('question,answer,category\nOpen on Sunday?,No,hours\nBroken row'),
  });
  await page.getByRole('cell', { name: 'The answer is missing.' }).waitFor();
  await page.getByRole('button', { name: 'Import 1 row' }).click();
  await page.getByText('1 answer added.').waitFor();
  await page.getByText('Line 3: The answer is missing.').waitFor();
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('button', { name: 'Open on Sunday?' }).waitFor();
});

test('draws only the rows in sight and fetches more at the end', async () => {
  seed(server.workspace);
  await signUp();
  const list = page.getByRole('region', { name: 'Conversations' });
  await row('Camille Laurent').waitFor();
  const drawn = await list.getByRole('link').count();
  assert.ok(drawn < 30, `${drawn} rows are drawn`);
  await list.hover();
  for (let turns = 0; turns < 60 && !(await row('Visitor 199').isVisible()); turns += 1) {
    await page.mouse.wheel(0, 2_000);
    await page.evaluate(() => new Promise(requestAnimationFrame));
  }
  await row('Visitor 199').waitFor();
});

test('opens a long conversation at its end and shows earlier messages on demand', async () => {
  const conversation = server.workspace.addConversation({ name: 'Léo Girard' });
  for (let number = 1; number <= 250; number += 1) {
    server.workspace.addMessage(conversation, 'user', `Message number ${number}.`);
  }
  await signUp();
  await row('Léo Girard').click();
  const log = page.getByRole('log');
  const isInSight = (element) =>
    element.evaluate((node) => node.getBoundingClientRect().top >= 0 && node.checkVisibility());
  assert.ok(await isInSight(log.getByText('Message number 250.')));
  assert.equal(await log.getByText('Message number 150.').count(), 0);
  await page.getByRole('button', { name: 'Show earlier messages' }).click();
  await log.getByText('Message number 51.').waitFor();
  await page.getByRole('button', { name: 'Show earlier messages' }).click();
  await log.getByText('Message number 1.', { exact: true }).waitFor();
  assert.equal(await log.getByRole('article').count(), 250);
});

test('moves through the list by keyboard', async () => {
  const { conversation } = seed(server.workspace);
  await signUp();
  await row('Camille Laurent').waitFor();
  await page.keyboard.press('j');
  await page.waitForURL(`**/inbox/${conversation.id}`);
  await page.keyboard.press('j');
  await page.getByRole('heading', { name: 'Oliver Hughes' }).waitFor();
  await page.keyboard.press('k');
  await page.getByRole('heading', { name: 'Camille Laurent' }).waitFor();
  await page.keyboard.press('Escape');
  await page.waitForURL('**/inbox');
  await page.keyboard.press('/');
  await page.keyboard.type('gebucht');
  await page.getByText('No conversation matches').waitFor();
});

test('speaks French, and remembers it', async () => {
  await signUp();
  await page.getByRole('button', { name: 'Account: Maison Noyer' }).click();
  await page.getByRole('menuitemradio', { name: 'Français' }).click();
  await page.getByText('Aucune conversation pour l’instant').waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'Réception' }).waitFor();
  await assertAccessible(page, 'inbox in French');
});

test('shows hostile text as text', async () => {
  const hostile = '<img src=x onerror="window.hacked=1"> [x](javascript:window.hacked=2)';
  const conversation = server.workspace.addConversation({ name: hostile });
  server.workspace.addMessage(conversation, 'user', hostile);
  server.workspace.addMessage(conversation, 'ai', hostile);
  await signUp();
  await row(/onerror/).click();
  await page.getByRole('log').getByText('<img src=x').first().waitFor();
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  assert.equal(await page.locator('main img, main a[href^="javascript"]').count(), 0);
});

for (const scheme of ['light', 'dark']) {
  for (const [size, viewport] of Object.entries({ wide, phone })) {
    test(`has no accessibility finding, ${scheme}, ${size}`, async () => {
      await open({ viewport, colorScheme: scheme });
      await page.goto(`${server.origin}/app/sign-in`);
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
      await assertAccessible(page, 'sign in');
      const seeded = seed(server.workspace);
      await signUp();
      const pages = [
        ['/inbox', 'Inbox'],
        [`/inbox/${seeded.conversation.id}`, 'Camille Laurent'],
        ['/gaps', 'Gap queue'],
        [`/gaps/${seeded.gap.id}`, seeded.gap.question],
        ['/knowledge', 'Knowledge'],
        ['/nowhere', 'This page does not exist'],
      ];
      for (const [path, heading] of pages) {
        await page.goto(`${server.origin}/app/maison-noyer${path}`);
        await page.getByRole('heading', { name: heading, exact: true }).first().waitFor();
        await page
          .getByRole('status')
          .filter({ hasText: 'Loading' })
          .waitFor({ state: 'detached' });
        await assertAccessible(page, path);
        const overflow = await page.evaluate(
          () => document.documentElement.scrollWidth - innerWidth,
        );
        assert.ok(overflow <= 0, `${path} is ${overflow} px too wide`);
      }
      await page.keyboard.press('?');
      await page.getByRole('dialog').waitFor();
      await assertAccessible(page, 'shortcut sheet');
    });
  }
}
