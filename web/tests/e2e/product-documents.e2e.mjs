// Files that are answered from, on the real server: dropped, read, looked into, replaced and deleted.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { assertAccessible } from './browser.mjs';
import { DemoTeam } from './demo-team.mjs';
import { assertFit, PHONE } from './inbox-team.mjs';
import { PAYLOADS } from './product-payloads.mjs';
import { reasonToSkip } from './product-server.mjs';

const NORA = { name: 'Nora Lind', email: 'nora@fennel-oak.example', password: 'elm by the river' };
const BEE = { name: 'Bee', email: 'bee@hive.example', password: 'a long password' };
/** What the browser notes by itself about requests that a test breaks on purpose. */
const EXPECTED = /Failed to load resource|ERR_/;

/** What a text becomes that is read as markup. */
const MADE = 'script, img, iframe, object, [onerror], [onload]';

const SWIMMING = {
  name: 'night-swimming.txt',
  mimeType: 'text/plain',
  text: 'The heated pool of the lighthouse is open for night swimming from nine until midnight, every Thursday in August.',
};
const MENU = {
  name: 'menu.md',
  mimeType: 'text/markdown',
  text: '# Harbour menu\n\nThe soup of the day is bouillabaisse.\n\n## Desserts\n\nThe lemon tart comes with cardamom ice cream.',
};
const FERRY = {
  name: 'ferry.html',
  mimeType: 'text/html',
  text: '<!doctype html><title>Ferry</title><h1>Ferry</h1><p>The ferry to the seal island leaves at seven in the morning.</p>',
};
const BROKEN = {
  name: 'broken.pdf',
  mimeType: 'application/pdf',
  text: '%PDF-1.7 nonsense',
};

describe('documents', { skip: reasonToSkip(), timeout: 280_000 }, () => {
  let team, server, visits, owner;

  before(async () => {
    team = await DemoTeam.start('viewer', NORA);
    ({ server, visits, owner } = team);
  });
  after(() => team?.stop());
  afterEach(() => visits.close());

  async function sitDown(account) {
    const page = await team.sitDown('knowledge/documents', account);
    visits.newest.expected = EXPECTED;
    page.setDefaultTimeout(30_000);
    return page;
  }

  /** As if the files had been carried over from the desktop. */
  async function drop(page, files) {
    const dataTransfer = await page.evaluateHandle((given) => {
      const transfer = new DataTransfer();
      for (const { name, mimeType, text } of given) {
        transfer.items.add(new File([text], name, { type: mimeType }));
      }
      return transfer;
    }, files);
    await page.locator('main').dispatchEvent('dragover', { dataTransfer });
    await page.getByText('Drop the files to add them').waitFor();
    await page.locator('main').dispatchEvent('drop', { dataTransfer });
    await page.getByText('Drop the files to add them').waitFor({ state: 'detached' });
  }

  const buffered = ({ name, mimeType, text }) => ({ name, mimeType, buffer: Buffer.from(text) });
  const row = (page, { name }) => page.getByRole('row').filter({ hasText: name });
  const titleOf = (page, file) => row(page, file).getByRole('button').first();
  const isReady = (page, file) => row(page, file).getByText('Ready', { exact: true }).waitFor();
  const stored = async ({ name }) =>
    (await owner.get('/documents')).items.find(({ filename }) => filename === name);
  const askedAbout = async (question) => (await owner.post('/ask', { question })).answer;
  const names = (answer) => answer.sources.map(({ title }) => title).join(', ');

  /** Stored without a browser, and read. */
  async function learn(page, file) {
    const path = `/documents/files?filename=${encodeURIComponent(file.name)}`;
    const made = await owner.upload(path, file.text);
    await isReady(page, file);
    return made;
  }

  it('begins with what can be dropped, and leads on', async () => {
    await server.signUp({ ...BEE, business_name: 'Hive' });
    const path = '/app/hive/knowledge';
    const { page } = await visits.open({ account: BEE, path });
    await page.getByRole('link', { name: 'Documents' }).click();
    await page.waitForURL('**/app/hive/knowledge/documents');
    await page.getByText('No documents yet').waitFor();
    await page.getByText(/PDF, Word, spreadsheets/).waitFor();
    const current = page.getByRole('navigation', { name: 'Parts of the knowledge' });
    assert.equal(await current.locator('[aria-current=page]').innerText(), 'Documents');
    await assertAccessible(page, 'no documents');
    const dialog = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: 'Add files' }).last().click();
    assert.equal((await dialog).isMultiple(), true);
    await current.getByRole('link', { name: 'Questions and answers' }).click();
    await page.waitForURL('**/app/hive/knowledge');
  });

  it('reads what is dropped, says what it cannot read, and answers from it', async () => {
    const colleague = await sitDown(NORA);
    const page = await sitDown();
    await drop(page, [SWIMMING, MENU, FERRY, BROKEN]);
    for (const file of [SWIMMING, MENU, FERRY]) await isReady(page, file);
    const failed = row(page, BROKEN);
    await failed.getByText('Failed', { exact: true }).waitFor();
    const { error } = await stored(BROKEN);
    await failed.getByText(error).waitFor();
    await assertAccessible(page, 'documents, light');

    // a colleague sees it without reloading, and can change nothing
    for (const file of [SWIMMING, MENU, FERRY]) await isReady(colleague, file);
    await row(colleague, BROKEN).getByText(error).waitFor();
    assert.equal(await colleague.getByRole('button', { name: 'Add files' }).count(), 0);
    assert.equal(await colleague.getByRole('button', { name: 'Try again' }).count(), 0);
    await titleOf(colleague, MENU).click();
    const sheet = colleague.getByRole('dialog');
    await sheet.getByText('cardamom ice cream').waitFor();
    assert.equal(await sheet.getByRole('button', { name: 'Delete' }).count(), 0);
    assert.equal(await sheet.getByRole('button', { name: 'Replace the file' }).count(), 0);

    const again = page.waitForResponse((one) => one.url().endsWith('/retry'));
    await failed.getByRole('button', { name: /^Try again/ }).click();
    assert.equal((await again).status(), 202);
    await failed.getByText('Failed', { exact: true }).waitFor();

    const { title } = await stored(SWIMMING);
    const answer = await askedAbout('When is the heated pool open for night swimming?');
    assert.match(answer.text, /from nine until midnight/);
    assert.ok(names(answer).includes(title), `${names(answer)} names ${title}`);
  });

  it('shows the passages of one below their headings, at an address of its own', async () => {
    const page = await sitDown();
    const second = { name: 'second-menu.md', text: MENU.text.replace('bouillabaisse', 'chowder') };
    await learn(page, second);
    await titleOf(page, second).click();
    await page.waitForURL(/\?document=/);
    const sheet = page.getByRole('dialog');
    await sheet.getByRole('heading', { name: 'Desserts' }).waitFor();
    await sheet.getByText('cardamom ice cream').waitFor();
    await assertAccessible(page, 'an open document');
    const saved = page.waitForEvent('download');
    await sheet.getByRole('link', { name: 'Download the original' }).click();
    assert.equal((await saved).suggestedFilename(), second.name);
    await page.reload();
    await sheet.getByText('cardamom ice cream').waitFor();
    await page.keyboard.press('Escape');
    await sheet.waitFor({ state: 'detached' });
    await page.waitForURL((url) => url.search === '');

    await page.getByRole('searchbox').fill('SECOND');
    await page.waitForURL(/q=SECOND/);
    await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 1);
    await page.getByRole('searchbox').fill('nothing has this name');
    await page.getByRole('button', { name: 'Show all' }).click();
    await titleOf(page, second).waitFor();
  });

  it('takes another file in the place of one, and forgets one for good', async () => {
    const page = await sitDown();
    const tide = {
      name: 'tide-table.txt',
      text: 'The tide of the third of May is highest at noon.',
    };
    const { id } = await learn(page, tide);
    const question = 'When is the tide of the third of May the highest?';
    assert.match((await askedAbout(question)).text, /at noon/);
    await titleOf(page, tide).click();
    const sheet = page.getByRole('dialog');
    await sheet.getByText(/highest at noon/).waitFor();
    const newer = { name: 'tide-table-2.txt', text: tide.text.replace('noon', 'half past four') };
    await sheet.locator('input[type=file]').setInputFiles([buffered(newer)]);
    await sheet.getByText(/highest at half past four/).waitFor();
    await sheet.getByText('Ready', { exact: true }).waitFor();
    assert.equal((await stored(newer)).id, id);
    assert.match((await askedAbout(question)).text, /half past four/);

    await sheet.getByRole('button', { name: 'Delete' }).click();
    const confirm = page.getByRole('dialog', { name: /^Delete “/ });
    await assertAccessible(page, 'before a document is deleted');
    await confirm.getByRole('button', { name: 'Delete' }).click();
    await page.getByText('Deleted.', { exact: true }).waitFor();
    await row(page, newer).waitFor({ state: 'detached' });
    assert.equal(new URL(page.url()).search, '');
    assert.equal(await stored(newer), undefined);
    assert.doesNotMatch((await askedAbout(question)).text, /half past four/);
  });

  it('sends two files at a time, and says why one was not taken', async () => {
    const page = await sitDown();
    const held = [];
    let tell = () => {};
    await page.route('**/api/v1/documents/files?*', (route) => {
      held.push(route);
      tell();
    });
    const isHeld = (count) =>
      new Promise((resolve) => {
        tell = () => held.length >= count && resolve();
        tell();
      });
    const files = ['one', 'two', 'three'].map((word) => ({
      name: `queue-${word}.txt`,
      mimeType: 'text/plain',
      buffer: Buffer.from(`The queue number ${word} is called out loud.`),
    }));
    const field = page.locator('input[type=file]');
    await field.setInputFiles(files);
    const uploads = page.getByRole('list', { name: 'Files on their way' });
    await uploads.getByRole('progressbar').nth(1).waitFor();
    await uploads.getByText('Waits for its turn').waitFor();
    await isHeld(2);
    await assertAccessible(page, 'files on their way');
    await held[0].abort();
    const failure = uploads.getByRole('alert');
    await failure.getByText('The server cannot be reached').waitFor();
    // the third has taken the place of the first, which now waits
    await isHeld(3);
    await failure.getByRole('button', { name: 'Try again' }).click();
    await uploads.getByText('Waits for its turn').waitFor();
    await held[1].continue();
    await isHeld(4);
    await held[2].continue();
    await held[3].continue();
    for (const file of files) await isReady(page, file);
    await uploads.waitFor({ state: 'detached' });

    const song = { name: 'song.mp3', mimeType: 'audio/mpeg', buffer: Buffer.from([0, 1, 2]) };
    await page.unroute('**/api/v1/documents/files?*');
    await field.setInputFiles([song]);
    await failure.getByText('Files of this type cannot be read.').waitFor();
    await page.getByRole('button', { name: 'Do not upload song.mp3' }).click();
    await uploads.waitFor({ state: 'detached' });

    const buffer = Buffer.alloc(21 * 1024 * 1024);
    await field.setInputFiles([{ name: 'huge.pdf', mimeType: 'application/pdf', buffer }]);
    await failure.getByText('The file is larger than 20 MB.').waitFor();
    await page.getByRole('button', { name: 'Do not upload huge.pdf' }).click();
    await uploads.waitFor({ state: 'detached' });
  });

  it('shows hostile names and texts as texts, in the dark, in French and on a phone', async () => {
    const hits = [];
    const path = team.at('knowledge/documents');
    const dark = await visits.open({ path, colorScheme: 'dark' });
    await dark.context.exposeBinding('hit', ({ page }) => hits.push(page.url()));
    const { page } = dark;
    page.setDefaultTimeout(30_000);
    const trap = { name: 'trap <img src=x onerror=hit()>.md', mimeType: 'text/markdown' };
    trap.text = PAYLOADS.slice(0, 40).map((payload) => `# ${payload}\n\n${payload}`);
    trap.text = `# <svg onload=hit()>\n\n${trap.text.join('\n\n')}`;
    const field = page.locator('input[type=file]');
    await field.setInputFiles([buffered(trap)]);
    await isReady(page, { name: 'trap' });
    await assertAccessible(page, 'documents, dark');
    await titleOf(page, { name: 'trap' }).click();
    const sheet = page.getByRole('dialog');
    await sheet.getByRole('listitem').first().waitFor();
    await assertAccessible(page, 'a document, dark');
    assert.equal(await page.locator(`:is(main, dialog) :is(${MADE})`).count(), 0);
    assert.deepEqual(hits, [], 'scripts that ran');

    const { page: phone } = await visits.open({ path, locale: 'fr-FR', ...PHONE });
    phone.setDefaultTimeout(30_000);
    await phone.getByRole('heading', { name: 'Connaissances' }).waitFor();
    await phone.getByText('Prêt', { exact: true }).first().waitFor();
    await assertFit(phone, 'documents on a phone, French');
    const list = phone.getByRole('region', { name: 'Documents' });
    const hidden = await list.evaluate((pane) => pane.scrollWidth - pane.clientWidth);
    assert.ok(hidden <= 0, `the list is ${hidden} px too wide`);
    await phone.getByRole('row').nth(1).getByRole('button').first().click();
    await phone.getByRole('dialog').getByRole('heading', { name: 'Passages' }).waitFor();
    await phone.getByRole('dialog').getByRole('listitem').first().waitFor();
    await assertFit(phone, 'a document on a phone, French');
  });
});
