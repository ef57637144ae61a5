// Keeping knowledge and closing gaps, as those who do it all day: on the real server.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, afterEach, before, describe, it } from 'node:test';
import { assertAccessible, launchBrowser, openPage } from './browser.mjs';
import { PAYLOADS } from './product-payloads.mjs';
import { ProductServer, reasonToSkip, Visitor } from './product-server.mjs';

const WIDE = { viewport: { width: 1440, height: 900 } };
const PHONE = { viewport: { width: 375, height: 760 }, isMobile: true, hasTouch: true };
const LIMITS = {
  RAPPORT_LIMITS__MESSAGES_PER_VISITOR_MINUTE: '0',
  RAPPORT_LIMITS__NEW_CONVERSATIONS_PER_ADDRESS_HOUR: '0',
  RAPPORT_LIMITS__MESSAGES_PER_TENANT_MINUTE: '0',
  RAPPORT_LIMITS__MESSAGES_PER_ADDRESS_MINUTE: '0',
};

describe('knowledge', { skip: reasonToSkip(), timeout: 280_000 }, () => {
  let browser, server;
  let visits = [];

  before(async () => {
    [browser, server] = await Promise.all([launchBrowser(), ProductServer.start(LIMITS)]);
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });
  afterEach(async () => {
    for (const { context, record, hits } of visits) {
      await context.close();
      assert.deepEqual(record.violations, [], 'CSP violations');
      assert.deepEqual(hits, [], 'scripts that ran');
      const errors = record.errors.filter((text) => !/status of (401|409)/.test(text));
      assert.deepEqual(errors, [], 'errors in the console');
      assert.deepEqual([...record.origins], [server.url], 'third parties');
    }
    visits = [];
  });

  async function openDashboard(path, options = WIDE) {
    const opened = await openPage(browser, options);
    const hits = [];
    await opened.context.exposeBinding('hit', ({ page }) => hits.push(page.url()));
    opened.page.setDefaultTimeout(30_000);
    visits.push({ ...opened, hits });
    await opened.page.goto(`${server.url}/app/`);
    await opened.page.locator('input[type=email]').fill(server.account.email);
    await opened.page.locator('input[type=password]').fill(server.account.password);
    await opened.page.keyboard.press('Enter');
    await opened.page
      .getByRole('link', { name: /Knowledge|Connaissances/ })
      .first()
      .waitFor();
    await opened.page.goto(`${server.url}/app/fennel-oak${path}`);
    return opened.page;
  }

  const pairs = async (query) => (await server.api.get(`/qa-pairs?${query}`)).items;
  const button = (page, name) => page.getByRole('button', { name });

  it('filters, edits, merges and changes many, each with a way back', async () => {
    const page = await openDashboard('/knowledge');
    await page.getByRole('row').nth(20).waitFor();
    await assertAccessible(page, 'knowledge, light');
    await page.getByLabel('Category').selectOption({ index: 1 });
    await page.waitForURL(/category=/);
    await page.getByLabel('Category').selectOption('');
    await button(page, 'Add answer').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Question', { exact: true }).fill('Do you ship to Belgium ?');
    await dialog.getByText('Nearly the same question is answered already').waitFor();
    await dialog.getByLabel('Answer', { exact: true }).fill('Yes, **gladly**.');
    await dialog.locator('strong', { hasText: 'gladly' }).waitFor();
    await assertAccessible(page, 'editor');
    await dialog.getByRole('button', { name: 'Save', exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
    const [made] = await pairs('q=gladly');
    assert.equal(made.question, 'Do you ship to Belgium ?');

    await page.getByRole('button', { name: made.question, exact: true }).click();
    await button(dialog, 'Merge into it').click();
    await page.getByText('Merged. The question now leads').waitFor();
    assert.equal((await pairs('q=gladly'))[0].is_active, false);
    await button(page, 'Undo').last().click();
    await page.getByText('Undone.').waitFor();
    assert.equal((await pairs('q=gladly'))[0].is_active, true);

    await page.getByRole('checkbox').nth(1).check();
    await page.getByRole('checkbox').nth(2).check();
    await page.getByLabel('New category').fill('moved here');
    await button(page, 'Set category').click();
    await page.getByText('2 answers changed.').waitFor();
    assert.equal((await pairs('category=moved%20here')).length, 2);
    const undone = page.waitForResponse((one) => one.url().endsWith('/qa-pairs/bulk'));
    await button(page, 'Undo').last().click();
    await undone;
    assert.equal((await pairs('category=moved%20here')).length, 0);
  });

  it('keeps filters in the address, and asks before an edit is lost', async () => {
    const page = await openDashboard('/knowledge');
    const rows = page.getByRole('row');
    await rows.nth(20).waitFor();
    await page.getByRole('searchbox', { name: 'Search questions and answers' }).fill('Belgi');
    await page.getByRole('combobox', { name: 'Language' }).selectOption('fr');
    await page.getByRole('combobox', { name: 'Order' }).selectOption('question');
    await page.waitForURL(/(?=.*q=Belgi)(?=.*language=fr)(?=.*sort=question)/);
    const shown = () => rows.allInnerTexts();
    await page.waitForFunction(() => document.querySelectorAll('tbody tr').length < 10);
    const before = await shown();
    assert.ok(before.length > 1);
    await page.reload();
    await rows.nth(1).waitFor();
    assert.deepEqual(await shown(), before);

    await rows.nth(1).getByRole('button').click();
    const dialog = page.getByRole('dialog', { name: 'Edit answer' });
    const answer = dialog.getByRole('textbox', { name: 'Answer' });
    await answer.fill('Changed, and not saved.');
    await page.keyboard.press('Escape');
    const question = page.getByRole('dialog', { name: 'Leave without saving?' });
    await question.waitFor();
    await assertAccessible(page, 'leaving an edit');
    await question.getByRole('button', { name: 'Stay here' }).click();
    assert.equal(await answer.inputValue(), 'Changed, and not saved.');
    await dialog.getByRole('button', { name: 'Close' }).click();
    await question.getByRole('button', { name: 'Discard and leave' }).click();
    await dialog.waitFor({ state: 'detached' });
    assert.equal((await pairs('q=Changed,%20and')).length, 0);
  });

  it('answers from what is turned on only, and takes its own export back', async () => {
    const question = 'Do you polish brass doorknobs?';
    const body = { question, answer: 'Yes, with **chalk**; "slowly".', category: 'brass' };
    const { id } = await server.api.post('/qa-pairs', body);
    const ask = async () => {
      const visitor = await Visitor.begin(server.url, server.channelKey);
      return (await visitor.ask(question)).answer.matched_qa_ids.includes(id);
    };
    assert.equal(await ask(), true);
    const page = await openDashboard('/knowledge?category=brass');
    await page.getByRole('button', { name: question }).click();
    const dialog = page.getByRole('dialog');
    await button(dialog, 'Turn off').click();
    await page.getByText('Turned off. It is kept').waitFor();
    await page.getByRole('cell', { name: 'Off', exact: true }).waitFor();
    assert.equal(await ask(), false);

    const saved = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Export CSV' }).click();
    const file = await (await saved).path();
    await server.api.send('DELETE', `/qa-pairs/${id}`);
    await page.goto(`${server.url}/app/fennel-oak/knowledge?category=brass&import=1`);
    await dialog.getByLabel('Choose a CSV file').setInputFiles({
      name: 'knowledge.csv',
      mimeType: 'text/csv',
      buffer: await readFile(file),
    });
    await button(dialog, 'Import 1 row').click();
    await dialog.getByText('1 answer added.').waitFor();
    await button(dialog, 'Done').click();
    const [back] = await pairs('category=brass');
    assert.deepEqual([back.question, back.answer], [body.question, body.answer]);
  });

  it('shows hostile rows of a file as texts', async () => {
    const page = await openDashboard('/knowledge?import=1');
    const cell = (text) => `"${text.replaceAll('"', '""')}"`;
    const rows = PAYLOADS.map((text, index) =>
      [`Row ${index} ${text}`, text, text.slice(0, 100)].map(cell).join(','),
    );
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Choose a CSV file').setInputFiles({
      name: '<img src=x onerror=hit()>.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from(['question,answer,<svg onload=hit()>', ...rows].join('\n')),
    });
    const region = dialog.getByRole('region', { name: 'Rows of the file' });
    await region.getByRole('row').nth(PAYLOADS.length).waitFor();
    const shown = await region.getByRole('row').nth(1).innerText();
    assert.ok(shown.includes(PAYLOADS[0]), shown);
    const made = region.locator('script, img, iframe, object, [onerror], [onload]');
    assert.equal(await made.count(), 0);
  });

  it('shows what a file would do before it does it, and which rows it cannot use', async () => {
    const page = await openDashboard('/knowledge?import=1');
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Choose a CSV file').setInputFiles({
      name: 'fragen.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from(
        '\u{feff}Réponse;Question\nA lamp.;What hangs in the window?\nNothing.;\nYes.;Is the window clean?\n',
      ),
    });
    await dialog.getByText('Cannot be used').first().waitFor();
    await assertAccessible(page, 'preview of an import');
    await button(dialog, 'Import 2 rows').click();
    await dialog.getByText('2 answers added.').waitFor();
    await dialog.getByText('Line 3:').waitFor();
    const saved = page.waitForEvent('download');
    await button(dialog, 'Download this list').click();
    assert.equal((await saved).suggestedFilename(), 'import-errors.csv');
    await button(dialog, 'Done').click();
    assert.equal((await pairs('q=hangs%20in')).length, 1);
  });

  it('closes five gaps by keyboard and brings one back', async () => {
    const questions = [
      'Can penguins fly over mountains?',
      'Who painted the ceiling of the chapel?',
      'How many moons circle Jupiter?',
      'Was the treaty signed in winter?',
      'Which key is a flute tuned to?',
    ];
    for (const question of questions) {
      const visitor = await Visitor.begin(server.url, server.channelKey);
      await visitor.ask(question);
    }
    const open = async () => (await server.api.get('/gaps/counts')).open;
    const before = await open();
    const page = await openDashboard('/gaps');
    const title = (text) => page.getByRole('heading', { name: text, level: 2 });
    const [first, second, third, fourth, fifth] = questions.toReversed();
    await page.getByRole('link', { name: first }).waitFor();
    await page.keyboard.press('j');
    await title(first).waitFor();
    // looking at the next one keeps what was written
    await page.keyboard.press('e');
    await page.keyboard.type('Not ');
    await page.keyboard.press('Escape');
    await page.keyboard.press('j');
    await title(second).waitFor();
    await page.keyboard.press('k');
    await title(first).waitFor();
    assert.equal(await page.getByRole('textbox', { name: 'Answer' }).inputValue(), 'Not ');
    await page.getByText('Who asked, and what they got').waitFor();
    await assertAccessible(page, 'gap queue');
    await page.keyboard.press('e');
    await page.keyboard.type('to C.');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Enter');
    await title(second).waitFor();
    await page.getByText(`${before - 1} left`).waitFor();
    await page.keyboard.press('d');
    await title(third).waitFor();
    await page.keyboard.press('m');
    await page.keyboard.type('Do you ship to Belgium?');
    await page
      .getByRole('button', { name: /^Merge into this one: Do you ship/ })
      .first()
      .waitFor();
    await page.keyboard.press('Enter');
    await title(fourth).waitFor();
    await page.keyboard.press('s');
    await title(fifth).waitFor();
    const dismissed = page.waitForResponse((one) => one.url().endsWith('/dismiss'));
    await page.keyboard.press('d');
    await dismissed;
    await title(fifth).waitFor({ state: 'detached' });
    assert.equal(await open(), before - 4);
    await page.keyboard.press('z');
    await title(fifth).waitFor();
    await page.getByText('The question is open again.').waitFor();
    assert.equal(await open(), before - 3);
    const [linked] = await pairs('q=moons%20circle');
    assert.ok(linked.phrasings.includes(third));
  });

  it('shows hostile texts as texts, in the dark, in French and on a phone', async () => {
    for (const payload of PAYLOADS.slice(0, 40)) {
      const body = {
        question: `Trap ${payload}`,
        answer: payload,
        category: payload.slice(0, 100),
      };
      await server.api.post('/qa-pairs', body);
    }
    const dark = await openDashboard('/knowledge?q=Trap', { ...WIDE, colorScheme: 'dark' });
    await dark.getByRole('row').nth(30).waitFor();
    await assertAccessible(dark, 'knowledge, dark');
    await dark.getByRole('button', { name: /^Trap/ }).first().click();
    await dark.getByRole('dialog').getByLabel('Question', { exact: true }).waitFor();
    await assertAccessible(dark, 'editor, dark');
    const phone = await openDashboard('/knowledge', { ...PHONE, locale: 'fr-FR' });
    await phone.getByRole('heading', { name: 'Connaissances' }).waitFor();
    await phone.getByRole('row').nth(5).waitFor();
    const overflow = () => phone.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok((await overflow()) <= 0, 'nothing stands beyond the edge');
    await assertAccessible(phone, 'knowledge on a phone, French');
    await phone.goto(`${server.url}/app/fennel-oak/gaps`);
    await phone.getByRole('heading', { name: 'Lacunes' }).waitFor();
    await assertAccessible(phone, 'gaps on a phone, French');
    assert.ok((await overflow()) <= 0);
  });
});
