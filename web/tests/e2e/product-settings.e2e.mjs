// Settings, invitations and signing in with a second factor, on the real server.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, afterEach, before, describe, it } from 'node:test';
import { assertAccessible, launchBrowser } from './browser.mjs';
import { Visits } from './dashboard-visit.mjs';
import { FakeEmbedder } from './product-embedder.mjs';
import { ProductServer, reasonToSkip, Visitor } from './product-server.mjs';

const PASSWORD = 'a long password';
/** So few passages are held in memory that the demonstration's documents need an index. */
const SETTINGS = { RAPPORT_KNOWLEDGE_IN_MEMORY_PER_TENANT: '20' };
const SECTIONS = [
  'workspace',
  'members',
  'plan',
  'privacy',
  'labels',
  'saved-replies',
  'hours',
  'assignment',
  'sales',
  'sales-tags',
  'sales-fields',
  'ai-agent',
  'models',
  'search-model',
  'api-keys',
  'webhooks',
  'audit',
  'profile',
  'security',
];

describe('settings', { skip: reasonToSkip(), timeout: 300_000 }, () => {
  let browser, server, visits;

  before(async () => {
    [browser, server] = await Promise.all([launchBrowser(), ProductServer.start(SETTINGS)]);
    visits = new Visits(browser, server);
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });
  afterEach(() => visits.close());

  const settings = (id) => `/app/fennel-oak/settings/${id}`;
  const goTo = (page, id) => page.goto(server.url + settings(id));

  /** A link that lets one person in. */
  async function invitation(role, email) {
    const owner = await server.signIn();
    const { url } = await owner.post('/invitations', { role, ...(email && { email }) });
    return server.url + url;
  }

  /** An account of its own, joined through the page. */
  async function join(role, name, email) {
    const visit = await visits.openAnonymous(await invitation(role, email));
    const { page } = visit;
    await page.getByLabel('Your name').fill(name);
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Join Fennel & Oak' }).click();
    await page.waitForURL('**/app/fennel-oak/inbox');
    return visit;
  }

  it('shows every section in both themes and languages, also on a phone', async () => {
    const { page } = await visits.open();
    for (const id of SECTIONS) {
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme });
        await goTo(page, id);
        await ready(page);
        await assertAccessible(page, `${id}, ${colorScheme}`);
      }
    }
    await page.setViewportSize({ width: 375, height: 812 });
    await page.goto(`${server.url}/app/fennel-oak/settings`);
    await page.getByRole('link', { name: 'Members and roles' }).click();
    await page.getByRole('heading', { name: 'Members and roles' }).waitFor();
    for (const id of SECTIONS) {
      await goTo(page, id);
      await ready(page);
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(width <= 375, `${id} is ${width} px wide`);
    }
    await assertAccessible(page, 'a section on a phone');
    const french = await visits.open({ locale: 'fr' });
    await goTo(french.page, 'members');
    await french.page.getByRole('heading', { name: 'Membres et rôles' }).waitFor();
    await french.page.getByRole('button', { name: 'Inviter un collègue' }).waitFor();
    await assertAccessible(french.page, 'members, French');
  });

  it('lets a colleague in by a link, with the role of the invitation and no more', async () => {
    const visit = await visits.open();
    const { page } = visit;
    await goTo(page, 'members');
    await page.getByRole('button', { name: 'Invite a colleague' }).click();
    await page.getByLabel('E-mail').fill('kim@fennel-oak.example');
    await page.getByLabel('Role', { exact: true }).selectOption('agent');
    await assertAccessible(page, 'invite dialog');
    await page.getByRole('button', { name: 'Create link' }).click();
    const link = await page.getByRole('dialog').getByLabel('Invitation link').innerText();
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByText('kim@fennel-oak.example', { exact: true }).waitFor();

    const guest = await visits.openAnonymous(link);
    await guest.page.getByText('Demo owner invites you. Role: Agent.').waitFor();
    assert.equal(await guest.page.getByLabel('E-mail').inputValue(), 'kim@fennel-oak.example');
    await assertAccessible(guest.page, 'join page');
    await guest.page.getByLabel('Your name').fill('Kim');
    await guest.page.getByLabel('Password').fill(PASSWORD);
    await guest.page.getByRole('button', { name: 'Join Fennel & Oak' }).click();
    await guest.page.waitForURL('**/app/fennel-oak/inbox');

    // an agent sees what is theirs, and why not the rest
    await goTo(guest.page, 'members');
    await guest.page.getByText('Only owners and admins can open this').waitFor();
    assert.equal(await guest.page.getByRole('link', { name: 'API keys' }).count(), 0);
    await goTo(guest.page, 'workspace');
    await guest.page.getByText('You can look at this.').waitFor();
    assert.ok(await guest.page.getByLabel('Business name').isDisabled());
    await assertAccessible(guest.page, 'a section that may only be read');

    // the link is used up
    const late = await visits.openAnonymous(link);
    late.expected = /410/;
    await late.page.getByRole('alert').getByText('This invitation was used already').waitFor();

    // promoted, then removed: each at once
    await page.reload();
    await page.getByLabel('Role of Kim').selectOption('admin');
    await page.getByText('Kim is now: Admin.').waitFor();
    await goTo(guest.page, 'members');
    await guest.page.getByText('Open invitations').waitFor();
    assert.ok(await guest.page.getByLabel('Role of Demo owner').isDisabled());
    await page.getByRole('button', { name: 'Remove Kim' }).click();
    await page.getByRole('button', { name: 'Remove', exact: true }).click();
    await page.getByLabel('Role of Kim').waitFor({ state: 'detached' });
    guest.expected = /40[13]/;
    await guest.page.reload();
    await guest.page.waitForURL('**/app/sign-in**');

    // all of it can be read afterwards
    await goTo(page, 'audit');
    for (const name of [
      'Invitation made',
      'Invitation accepted',
      'Role changed',
      'Member removed',
    ]) {
      await page.getByRole('cell', { name }).first().waitFor();
    }
    await page.getByLabel('Show').selectOption({ label: 'Member removed' });
    await page.waitForURL((url) => url.searchParams.get('action') === 'member_removed');
    await page.getByRole('cell', { name: 'Invitation made' }).waitFor({ state: 'detached' });

    // the last owner stays one
    await goTo(page, 'members');
    visit.expected = /409/;
    await page.getByLabel('Role of Demo owner').selectOption('agent');
    await page.getByRole('alert').getByText('A workspace needs an owner').waitFor();
    assert.equal(await page.getByLabel('Role of Demo owner').inputValue(), 'owner');
  });

  it('asks for a second factor once it is proven, and takes a recovery code in its place', async () => {
    const visit = await join('admin', 'Nia', 'nia@fennel-oak.example');
    const { page } = visit;
    await goTo(page, 'security');
    await page.getByRole('button', { name: 'Set up a second factor' }).click();
    await page.getByRole('dialog').getByLabel('Current password').fill(PASSWORD);
    await assertAccessible(page, 'second factor, password');
    await page.getByRole('button', { name: 'Continue', exact: true }).click();
    await page.getByRole('img', { name: 'QR code' }).waitFor();
    await assertAccessible(page, 'second factor, QR');
    await page.getByText('Cannot scan it?').click();
    const secret = await page.getByLabel('Key for the app').innerText();
    const step = Math.floor(Date.now() / 30_000);
    visit.expected = /422/;
    await page.getByLabel('Code', { exact: true }).fill('000000');
    await page.getByRole('button', { name: 'Turn on', exact: true }).click();
    await page.getByText('The code is not right.').waitFor();
    await page.getByLabel('Code', { exact: true }).fill(totp(secret, step));
    await page.getByRole('button', { name: 'Turn on', exact: true }).click();
    const codes = (
      await page.getByLabel('Recovery codes').locator('visible=true').last().innerText()
    ).split(/\s+/);
    assert.equal(codes.length, 10);
    await assertAccessible(page, 'recovery codes');
    await page.getByRole('button', { name: 'I have kept them' }).click();
    await page.getByRole('button', { name: 'Turn off the second factor' }).waitFor();

    for (const code of [totp(secret, step + 1), codes[0]]) {
      const again = await visits.openAnonymous(`${server.url}/app/sign-in`);
      again.expected = /401/;
      await again.page.getByLabel('E-mail').fill('nia@fennel-oak.example');
      await again.page.getByLabel('Password').fill(PASSWORD);
      await again.page.getByRole('button', { name: 'Sign in' }).click();
      await again.page.getByRole('heading', { name: 'Enter your code' }).waitFor();
      await assertAccessible(again.page, 'sign in, code');
      // the code that proved the factor is used up
      await again.page.getByLabel('Code').fill(totp(secret, step));
      await again.page.getByLabel('Code').press('Enter');
      await again.page.getByRole('alert').waitFor();
      await again.page.getByLabel('Code').fill(code);
      await again.page.getByLabel('Code').press('Enter');
      await again.page.waitForURL('**/app/fennel-oak/inbox');
    }
    await page.getByRole('button', { name: 'Turn off the second factor' }).click();
    await page.getByRole('dialog').getByLabel('Current password').fill(PASSWORD);
    await page.getByRole('dialog').getByLabel('Code').fill(codes[0]);
    await page.getByRole('button', { name: 'Turn off', exact: true }).click();
    await page.getByText('This needs a code of the authenticator app').waitFor();
    await page.getByRole('dialog').getByLabel('Code').fill(codes[1]);
    await assertAccessible(page, 'second factor, turning it off');
    await page.getByRole('button', { name: 'Turn off', exact: true }).click();
    await page.getByRole('button', { name: 'Set up a second factor' }).waitFor();
  });

  it('ends the other sessions with a new password', async () => {
    const email = 'lee@fennel-oak.example';
    const visit = await join('agent', 'Lee', email);
    const { page } = visit;
    const other = await visits.open({ account: { email, password: PASSWORD } });
    other.expected = /401/;
    await goTo(page, 'security');
    await page.getByText('This browser').waitFor();
    await page.getByRole('button', { name: 'Sign out everywhere else' }).waitFor();
    visit.expected = /422/;
    await page.getByLabel('Current password').fill('a wrong password');
    await page.getByLabel('New password').fill('another long password');
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByText('The current password is not right.').waitFor();
    await page.getByLabel('Current password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByText('Password changed.').waitFor();
    await other.page.reload();
    await other.page.waitForURL('**/app/sign-in**');
    await page.reload();
    await page.getByText('This browser').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Sign out everywhere else' }).count(), 0);
  });

  it('shows a key once and a model’s key never', async () => {
    const visit = await visits.open();
    const { page } = visit;
    await goTo(page, 'api-keys');
    await page.getByRole('button', { name: 'Create a key' }).first().click();
    const dialog = page.getByRole('dialog');
    visit.expected = /422/;
    await dialog.getByLabel('What it is for').fill('Shop import');
    await dialog.getByRole('button', { name: 'Create a key' }).click();
    await dialog.getByText('Please choose at least one thing').waitFor();
    await dialog.getByLabel('Change knowledge, close gaps').check();
    await assertAccessible(page, 'new API key');
    await dialog.getByRole('button', { name: 'Create a key' }).click();
    const key = await dialog.getByLabel('The key').innerText();
    assert.match(key, /^rk_.{43}$/);
    await dialog.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('heading', { name: 'Shop import', level: 3 }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Shop import', level: 3 }).waitFor();
    const shown = await page.locator('main').innerText();
    assert.ok(shown.includes(`••••${key.slice(-4)}`) && !shown.includes(key.slice(0, 20)));
    await page.getByRole('button', { name: /^Revoke.*Shop import/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page
      .getByRole('heading', { name: 'Shop import', level: 3 })
      .waitFor({ state: 'detached' });

    await goTo(page, 'models');
    await page.getByRole('button', { name: 'Add a model' }).click();
    await dialog.getByLabel('Provider').selectOption('openai_compatible');
    await dialog.getByLabel('Base URL').fill('https://models.example/v1');
    await dialog.getByLabel('Key').fill('sk-secret-of-the-shop-9876');
    await dialog.getByLabel('Label').fill('Ours');
    await assertAccessible(page, 'new model');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { name: 'Ours' }).waitFor();
    await page.reload();
    await page.getByLabel('Last four characters').waitFor();
    const models = await page.locator('main').innerText();
    assert.ok(models.includes('••••9876') && !models.includes('sk-secret'));
    await page.getByRole('button', { name: 'Turn off' }).click();
    await page.getByRole('button', { name: 'Turn on', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('No model yet').waitFor();
  });

  it('changes the search model with visible progress', async () => {
    const embedder = await new FakeEmbedder().listen();
    const visit = await visits.open();
    const { page } = visit;
    const { dialog, row } = searchModel(page);
    await goTo(page, 'search-model');
    await row('Local model').getByText('In use', { exact: true }).waitFor();
    await page.getByText('It understands English.').waitFor();

    // a question is what makes a large base be indexed
    await (await Visitor.begin(server.url, server.channelKey)).ask('Do you ship to Belgium?');
    await page.getByRole('heading', { name: 'Index of a large base' }).waitFor();
    await page.getByText(/^(\d+) of \1 passages \(100%\)/).waitFor();
    await page.getByText(/of the ten nearest passages \(recall@10\), measured on/).waitFor();

    // what the server says to it stands at its field, and nothing that was typed is lost
    await page.getByRole('button', { name: 'Change the model' }).press('Enter');
    await dialog.getByLabel('Where it runs').selectOption('endpoint');
    visit.expected = /422/;
    await dialog.getByLabel('Base URL').fill('http://192.168.7.7/v1');
    await dialog.getByLabel('Model', { exact: true }).fill('multi-e5');
    await dialog.getByLabel('Key').fill('a-secret-key');
    await dialog.getByRole('button', { name: 'Use this model' }).click();
    await dialog.getByText('Rapport does not call 192.168.7.7:80').waitFor();
    assert.equal(await dialog.getByLabel('Base URL').getAttribute('aria-invalid'), 'true');
    assert.equal(await dialog.getByLabel('Key').inputValue(), 'a-secret-key');
    await assertAccessible(page, 'search model, the form');

    // two requests find out whether it works, one embeds the first texts, and the rest has to wait
    embedder.answersAtOnce = 3;
    await dialog.getByLabel('Base URL').fill(embedder.url);
    await dialog.getByRole('button', { name: 'Use this model' }).click();
    const next = row('Being prepared');
    await next.getByText(/^64 of \d+ texts are ready/).waitFor();
    await next.getByText('The model in use serves as before').waitFor();
    const bar = next.getByRole('progressbar', { name: 'multi-e5' });
    assert.notEqual(await bar.getAttribute('aria-valuenow'), '0');
    await page.setViewportSize({ width: 375, height: 812 });
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      await assertAccessible(page, `search model, on its way, ${colorScheme}`);
    }
    embedder.release();
    await row('multi-e5').getByText('In use', { exact: true }).waitFor();
    await next.waitFor({ state: 'detached' });
    assert.deepEqual([...embedder.keys], ['Bearer a-secret-key']);
    assert.ok(!(await page.content()).includes('a-secret-key'));

    // whoever may not change it sees the same
    const viewer = await join('viewer', 'Vera', 'vera@fennel-oak.example');
    await goTo(viewer.page, 'search-model');
    await viewer.page.getByText('You can look at this.').waitFor();
    await viewer.page.getByRole('heading', { name: 'multi-e5' }).waitFor();
    assert.equal(await viewer.page.getByRole('button', { name: 'Change the model' }).count(), 0);
    await useLocalModel(page);
    embedder.close();
  });

  it('leaves a search model that answers no more, and one that fails on its way', async () => {
    const embedder = await new FakeEmbedder().listen();
    const { page } = await visits.open();
    const { row } = searchModel(page);
    const next = row('Being prepared');
    await goTo(page, 'search-model');
    await useEndpoint(page, embedder);
    await row('multi-e5').getByText('In use', { exact: true }).waitFor();

    embedder.refusesWith = 401;
    const owner = await server.signIn();
    await owner.post('/qa-pairs', {
      question: 'Do you repair chairs?',
      answer: 'Yes, all of ours.',
    });
    await page.getByRole('alert').getByText('does not accept the API key').waitFor();
    await page.getByText('1 text still waits for its vector').waitFor();
    await assertAccessible(page, 'search model, failed');
    await useLocalModel(page);
    await page.getByRole('alert').waitFor({ state: 'detached' });

    embedder.refusesWith = 0;
    embedder.answersAtOnce = 2;
    await useEndpoint(page, embedder);
    await next.getByText(/^0 of \d+ texts are ready/).waitFor();
    embedder.refusesWith = 401;
    embedder.release();
    await next.getByRole('alert').getByText('It is tried again by itself.').waitFor();
    await next.getByRole('button', { name: 'Stop the change' }).click();
    const confirm = page.getByRole('dialog', { name: 'Stop the change?' });
    await confirm.getByRole('button', { name: 'Stop the change' }).click();
    await next.waitFor({ state: 'detached' });
    await row('Local model').getByText('In use', { exact: true }).waitFor();
    embedder.close();
  });

  it('keeps what is unsaved until somebody decides', async () => {
    const visit = await visits.open();
    const { page } = visit;
    await goTo(page, 'workspace');
    const name = page.getByLabel('Business name');
    const bar = page.getByRole('group', { name: 'Unsaved changes' });
    await name.fill('Fennel & Ash');
    await bar.waitFor();
    await assertAccessible(page, 'unsaved changes');
    await page.getByRole('link', { name: 'Members and roles' }).click();
    await page.getByRole('dialog', { name: 'Leave without saving?' }).waitFor();
    await assertAccessible(page, 'leave guard');
    await page.getByRole('button', { name: 'Stay here' }).click();
    assert.equal(await name.inputValue(), 'Fennel & Ash');
    assert.ok(page.url().endsWith('/settings/workspace'));
    await page.getByRole('link', { name: 'Members and roles' }).click();
    await page.getByRole('button', { name: 'Discard and leave' }).click();
    await page.getByRole('heading', { name: 'Members and roles' }).waitFor();
    await page.goBack();
    await name.waitFor();
    assert.equal(await name.inputValue(), 'Fennel & Oak');

    // an error stands at its field, in the server's words
    visit.expected = /422/;
    await page.getByLabel('Contact e-mail').fill('nobody@nowhere');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('This is not an e-mail address').waitFor();
    assert.equal(await page.getByLabel('Contact e-mail').getAttribute('aria-invalid'), 'true');
    await page.getByRole('button', { name: 'Discard' }).click();
    await bar.waitFor({ state: 'detached' });

    // a profile is the same on every machine
    await goTo(page, 'profile');
    const main = page.locator('main');
    await main.getByLabel('Theme').selectOption('dark');
    await main.getByLabel('Density').selectOption('compact');
    await main.getByLabel('Language').selectOption('fr');
    await page.getByRole('switch', { name: 'Single-key shortcuts' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.locator('html.dark.compact[lang=fr]').waitFor();
    const elsewhere = await visits.open();
    await elsewhere.page.locator('html.dark.compact[lang=fr]').waitFor();
    await elsewhere.page.keyboard.press('?');
    await elsewhere.page.keyboard.press('Control+k');
    await elsewhere.page.getByRole('combobox').waitFor();
    assert.equal(await elsewhere.page.getByRole('dialog').count(), 1);
    const owner = await server.signIn();
    await owner.patch('/profile', {
      language: null,
      theme: 'auto',
      density: 'comfortable',
      single_keys: true,
    });
  });
});

/** Waits until a section shows what it has loaded. */
async function ready(page) {
  await page.locator('#section-title').waitFor();
  await page.waitForFunction(() => !document.querySelector('.animate-late'));
}

/** The form of the section about the search model, and its rows. */
function searchModel(page) {
  const dialog = page.getByRole('dialog', { name: 'Change the model' });
  return { dialog, row: (text) => page.getByRole('listitem').filter({ hasText: text }) };
}

async function useEndpoint(page, { url }) {
  const { dialog } = searchModel(page);
  await page.getByRole('button', { name: 'Change the model' }).click();
  await dialog.getByLabel('Where it runs').selectOption('endpoint');
  await dialog.getByLabel('Base URL').fill(url);
  await dialog.getByLabel('Model', { exact: true }).fill('multi-e5');
  await dialog.getByRole('button', { name: 'Use this model' }).click();
}

async function useLocalModel(page) {
  const { dialog, row } = searchModel(page);
  await page.getByRole('button', { name: 'Change the model' }).click();
  await dialog.getByLabel('Where it runs').selectOption('local');
  await dialog.getByRole('button', { name: 'Use this model' }).click();
  await row('Local model').getByText('In use', { exact: true }).waitFor();
}

/** RFC 6238, as an authenticator app does it. */
function totp(secret, step) {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret.replaceAll(' ', '')]
    .map((letter) => letters.indexOf(letter).toString(2).padStart(5, '0'))
    .join('');
  const bytes = bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2));
  const counter = Buffer.alloc(8);
  counter.writeBigInt64BE(BigInt(step));
  const hash = createHmac('sha1', Buffer.from(bytes)).update(counter).digest();
  const number = hash.readUInt32BE(hash[19] & 15) & 0x7fff_ffff;
  return String(number % 1_000_000).padStart(6, '0');
}
