// Evaluation sets on the real server: made, filled by hand and from a file, run, and looked back on.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { assertAccessible } from './browser.mjs';
import { DemoTeam } from './demo-team.mjs';
import { assertFit, PHONE, until } from './inbox-team.mjs';
import { reasonToSkip, Visitor } from './product-server.mjs';

const NORA = { name: 'Nora Lind', email: 'nora@fennel-oak.example', password: 'elm by the river' };
const EXPECTED = /status of (404|409|422)/;
const BRASS = {
  question: 'Do you polish brass doorknobs?',
  answer: 'Yes, with chalk, every Thursday.',
};

describe('evaluation', { skip: reasonToSkip(), timeout: 280_000 }, () => {
  let team, server, visits, owner;

  before(async () => {
    team = await DemoTeam.start('viewer', NORA);
    ({ server, visits, owner } = team);
    await owner.post('/qa-pairs', { ...BRASS, category: 'workshop' });
  });
  after(() => team?.stop());
  afterEach(() => visits.close());

  async function sitDown(path, account) {
    const { page } = await visits.open({ account, path: team.at(path) });
    visits.newest.expected = EXPECTED;
    page.setDefaultTimeout(30_000);
    return page;
  }

  const button = (place, name) => place.getByRole('button', { name, exact: true });
  const file = (text) => ({
    name: 'questions.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(text),
  });

  it('is made, filled by hand and from a file, run, and shows what came out', async () => {
    const colleague = await sitDown('knowledge/evaluation', NORA);
    await colleague.getByText('Sets that your colleagues make').waitFor();
    assert.equal(await button(colleague, 'New set').count(), 0);

    const page = await sitDown('knowledge/evaluation');
    await page.getByText('No evaluation set yet').waitFor();
    await assertAccessible(page, 'no evaluation set');
    await page.keyboard.press('n');
    const naming = page.getByRole('dialog', { name: 'New set' });
    await naming.getByLabel('Name').fill('Workshop');
    await button(naming, 'Create set').click();
    await page.getByRole('heading', { name: 'Workshop', level: 1 }).waitFor();
    await page.getByText('No question in this set yet').waitFor();
    // the colleague sees it without reloading
    await colleague.getByRole('link', { name: 'Workshop' }).waitFor();
    await colleague.getByText('Never run').waitFor();

    const form = page.getByRole('form', { name: 'Add a question' });
    await form.getByLabel('Question', { exact: true }).fill('Do you polish doorknobs of brass?');
    await form.getByLabel('A right answer').selectOption('rests on this answer of yours');
    await form.getByRole('radio', { name: BRASS.question }).check();
    await assertAccessible(page, 'adding a question');
    await button(form, 'Add').click();
    await page
      .getByRole('cell', { name: 'Do you polish doorknobs of brass?', exact: true })
      .waitFor();

    const saved = page.waitForEvent('download');
    await button(page, 'Download a template').click();
    assert.equal((await saved).suggestedFilename(), 'evaluation-set.csv');
    const input = page.locator('input[type=file]');
    await input.setInputFiles(file('answer\nnothing\n'));
    await page.getByRole('alert').getByText('must name the column').waitFor();
    await input.setInputFiles(
      file(
        [
          'question,expected_text,expected_source',
          `${BRASS.question},every Thursday,`,
          'Are brass doorknobs polished?,every Sunday,',
          'Which planets have rings of ice?,Saturn,',
          'Do you polish brass doorknobs yourself?,,',
          'Who won the world cup of 1930?,,',
          '"Shown as <img src=x onerror=alert(1)> text?",,',
        ].join('\n'),
      ),
    );
    await page.getByText('7 questions in the set now.').waitFor();
    await page.getByRole('row').nth(7).waitFor();
    assert.equal(await page.locator('main img').count(), 0);
    await assertAccessible(page, 'questions of a set');
    await button(page, 'Take out “Shown as <img src=x onerror=alert(1)> text?”').click();
    await page.getByText('Question taken out.').waitFor();
    await page.getByRole('row').nth(7).waitFor({ state: 'detached' });

    await page.keyboard.press('r');
    await page.getByText('3 of 6 right.').first().waitFor();
    await page.getByText('50% right').first().waitFor();
    await assertAccessible(page, 'the result of a run');
    const results = page.getByRole('main').getByRole('listitem');
    assert.equal(await results.count(), 6);
    for (const [verdict, question] of [
      [/^Wrong/, 'Are brass doorknobs polished?'],
      [/^Declined, though/, 'Which planets have rings of ice?'],
      [/^Answered, though/, 'Do you polish brass doorknobs yourself?'],
    ]) {
      const filter = page.getByLabel('Verdict');
      const label = await filter.getByRole('option', { name: verdict }).innerText();
      await filter.selectOption(label);
      await page.waitForFunction(() => document.querySelectorAll('main li').length === 1);
      await results.getByRole('heading', { name: question }).waitFor();
    }
    await colleague.getByText('50% right').waitFor();
  });

  it('keeps the history of its scores, which a better answer lifts', async () => {
    const [set] = (await owner.get('/evaluation-sets')).items;
    const saturn = { question: 'Which planets have rings of ice?', answer: 'Saturn, above all.' };
    await owner.post('/qa-pairs', { ...saturn, category: 'planets' });
    const page = await sitDown(`knowledge/evaluation/${set.id}?part=history`);
    await page.getByRole('row').nth(1).waitFor();
    await button(page, 'Run now').click();
    await page.getByText('4 of 6 right.').first().waitFor();
    await page.getByRole('link', { name: 'History' }).click();
    await page.getByRole('row').nth(2).waitFor();
    await page.getByRole('img', { name: 'Scores, the oldest first: 50%, 66%' }).waitFor();
    await assertAccessible(page, 'the history of a set');
    await page.getByRole('row').nth(2).getByRole('link').click();
    await page.getByText('3 of 6 right.').waitFor();

    const path = team.at('knowledge/evaluation');
    const { page: phone } = await visits.open({
      path,
      locale: 'fr-FR',
      colorScheme: 'dark',
      ...PHONE,
    });
    visits.newest.expected = EXPECTED;
    phone.setDefaultTimeout(30_000);
    await phone.getByText('66 % justes').waitFor();
    await assertFit(phone, 'evaluation on a phone, French, dark');
    for (const part of ['questions', 'result', 'history']) {
      await phone.goto(`${server.url + path}/${set.id}?part=${part}`);
      await phone.getByRole('heading', { name: 'Workshop', level: 1 }).waitFor();
      await phone.locator('main :is(td, li)').nth(1).waitFor();
      await assertFit(phone, `${part} of a set on a phone, French, dark`);
    }

    await button(page, 'Delete set').click();
    await button(page.getByRole('dialog', { name: 'Delete “Workshop”?' }), 'Delete set').click();
    await page.getByText('No evaluation set yet').waitFor();
  });

  it('shows what a promise costs, and keeps the one that is made', async () => {
    const visitor = await Visitor.begin(server.url, server.channelKey);
    assert.match((await visitor.ask(BRASS.question)).answer.text, /with chalk/);
    const { levels, now } = await owner.get('/promise');
    const [{ threshold }] = levels.filter(({ threshold }) => threshold !== null);
    const level = levels.findLast((one) => one.threshold === threshold);
    const wanted = `${Math.round(level.promise * 100)}%`;

    const viewer = await sitDown('knowledge/evaluation', NORA);
    await viewer.getByRole('rowheader', { name: `At least ${wanted}` }).waitFor();
    const kept = levels.filter(({ threshold }) => threshold !== null).length;
    const rows = kept < levels.length ? kept + 1 : kept;
    assert.equal(await viewer.getByRole('rowheader').count(), rows);
    assert.equal(await button(viewer, `Promise at least ${wanted}`).count(), 0);

    const page = await sitDown('knowledge/evaluation');
    await page.getByText('You have not judged any answer this sure').waitFor();
    await button(page, `Promise at least ${wanted}`).click();
    await page.getByText('The bot answers alone from a confidence of').waitFor();
    await page.getByText('In force').first().waitFor();
    await assertAccessible(page, 'a promise');
    const { items } = await owner.get('/channels');
    for (const channel of items) {
      assert.equal(channel.settings.confidence_threshold, level.threshold);
    }
    const before = now.threshold;
    await button(page, 'Undo').click();
    await until(async () => (await owner.get('/promise')).now.threshold === before);
    await owner.patch(`/channels/${items[0].id}`, {
      settings: { confidence_threshold: level.threshold },
    });
  });

  it('answers more only after it was told what is known, and what is not', async () => {
    const visitor = await Visitor.begin(server.url, server.channelKey);
    for (const { question } of (await owner.get('/qa-pairs?limit=8')).items) {
      await visitor.ask(question.replace(/^\w+ \w+ /u, 'Please, '));
    }
    const { levels, now } = await owner.get('/promise');
    const lower = levels.filter(({ threshold }) => threshold && threshold < now.threshold);
    assert.ok(lower.length > 0, 'a promise that answers more');
    const level = lower.findLast(({ threshold }) => threshold === lower[0].threshold);
    const wanted = `${Math.round(level.promise * 100)}%`;

    const page = await sitDown('knowledge/evaluation');
    await button(page, `Promise at least ${wanted}`).click();
    const asking = page.getByRole('dialog', { name: 'Let the bot answer more alone?' });
    await asking.getByText('none was judged').waitFor();
    await asking.getByText('0 answers of the 60').waitFor();
    await assertAccessible(page, 'a lower promise');
    await button(asking, 'Cancel').click();
    await asking.waitFor({ state: 'detached' });
    const set = async () => (await owner.get('/promise')).now.threshold;
    assert.equal(await set(), now.threshold);
    await button(page, `Promise at least ${wanted}`).click();
    await button(asking, 'Answer more alone').click();
    await page.getByText('The bot answers alone from a confidence of').waitFor();
    assert.equal(await set(), level.threshold);
  });

  it('says plainly that the own answers contradict what is expected', async () => {
    const { items } = await owner.get('/qa-pairs?limit=12');
    const cases = items.map(({ question }) => ({
      question,
      expects: 'text',
      expected_text: 'what nobody ever said',
    }));
    await owner.post('/evaluation-sets', { name: 'Judged', cases });
    const page = await sitDown('knowledge/evaluation');
    const warning = page.getByRole('note');
    await warning.getByText('Your own answers contradict what is expected.').waitFor();
    await warning.getByText(/Of \d+ answers this sure that you judged, 0 were right: 0–/).waitFor();
    await warning.getByText(/Count with 0%/).waitFor();
    await page.getByText('No confidence up to 95% keeps this promise yet.').waitFor();
    await assertAccessible(page, 'a promise that is contradicted');
    const { page: phone } = await visits.open({
      path: team.at('knowledge/evaluation'),
      locale: 'fr-FR',
      colorScheme: 'dark',
      ...PHONE,
    });
    await phone.getByText('Vos propres réponses contredisent').waitFor();
    await assertFit(phone, 'a contradicted promise on a phone, French, dark');
  });
});
