// Changing what visitors are answered from by drafts, on the real server: written, tried on past questions, mended,
// published, and taken back.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { assertAccessible } from './browser.mjs';
import { DemoTeam } from './demo-team.mjs';
import { assertFit, PHONE, until } from './inbox-team.mjs';
import { reasonToSkip, Visitor } from './product-server.mjs';

const NORA = { name: 'Nora Lind', email: 'nora@fennel-oak.example', password: 'elm by the river' };
/** What the browser notes by itself about drafts that were never tried, and refusals that a test is about. */
const EXPECTED = /status of (404|409)/;

const BRASS = {
  question: 'Do you polish brass doorknobs?',
  answer: 'Yes, with chalk, every Thursday.',
};
const VIOLIN = {
  question: 'Can I bring my violin in for repair?',
  answer: 'Yes, our luthier mends violins on Mondays.',
};

describe('versions', { skip: reasonToSkip(), timeout: 280_000 }, () => {
  let team, server, visits, owner, brass;

  before(async () => {
    team = await DemoTeam.start('agent', NORA);
    ({ server, visits, owner } = team);
    brass = await owner.post('/qa-pairs', { ...BRASS, category: 'workshop' });
    assert.match((await asVisitor(BRASS.question)).text, /with chalk/);
    assert.equal((await asVisitor(VIOLIN.question)).gap_detected, true);
  });
  after(() => team?.stop());
  afterEach(() => visits.close());

  async function asVisitor(question) {
    const visitor = await Visitor.begin(server.url, server.channelKey);
    return (await visitor.ask(question)).answer;
  }

  async function sitDown(path, account) {
    const { page } = await visits.open({ account, path: team.at(path) });
    visits.newest.expected = EXPECTED;
    page.setDefaultTimeout(30_000);
    return page;
  }

  const idOf = async (wanted) =>
    (await owner.get('/versions?status=draft')).items.find(({ title }) => title === wanted).id;
  const button = (place, name) => place.getByRole('button', { name, exact: true });
  const saving = (page) => page.getByRole('dialog', { name: 'Save to a draft' });
  const figure = (page, name) =>
    page.getByRole('list', { name: 'Result of the backtest' }).getByRole('listitem').filter({
      hasText: name,
    });
  const reads = (page, name, count) =>
    figure(page, name).getByText(String(count), { exact: true }).waitFor();

  /** Fills in the editor's dialog, and waits until it is done. */
  async function saveToDraft(page, { what, draft, title }) {
    const dialog = saving(page);
    await dialog.waitFor();
    if (what) await dialog.getByLabel('What the draft does').selectOption(what);
    if (draft) await dialog.getByLabel('Draft', { exact: true }).selectOption(draft);
    if (title) await dialog.getByLabel(/^Title/).fill(title);
    await button(dialog, 'Save to a draft').click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByText('Saved to the draft.').last().waitFor();
  }

  it('finds out what a draft breaks and mends, publishes the good part, and takes it back', async () => {
    const page = await sitDown(`knowledge?pair=${brass.id}`);
    const sheet = page.getByRole('dialog', { name: 'Edit answer' });
    await button(sheet, 'Save to a draft').click();
    await saving(page).waitFor();
    await assertAccessible(page, 'saving to a draft');
    await saveToDraft(page, { what: 'Delete the answer', draft: 'A new draft', title: 'Workshop' });

    await page.getByRole('button', { name: 'Add answer' }).first().click();
    const editor = page.getByRole('dialog', { name: 'Add answer' });
    await editor.getByLabel('Question', { exact: true }).fill(VIOLIN.question);
    await editor.getByLabel('Answer', { exact: true }).fill(VIOLIN.answer);
    await button(editor, 'Save to a draft').click();
    await saveToDraft(page, { draft: 'Workshop' });
    assert.match(
      (await asVisitor(BRASS.question)).text,
      /with chalk/,
      'nobody is answered from it',
    );

    await page.getByRole('link', { name: 'Versions', exact: true }).click();
    const row = page.getByRole('listitem').filter({ hasText: 'Workshop' });
    await row.getByText('Not tried').waitFor();
    await row.getByText('1 removed').waitFor();
    await assertAccessible(page, 'versions, light');
    await page.getByRole('link', { name: 'Workshop' }).click();
    await page.getByRole('heading', { name: 'Workshop', level: 1 }).waitFor();
    const gone = page.getByRole('article', { name: BRASS.question });
    await gone.locator('del', { hasText: BRASS.answer }).waitFor();
    await page.locator('ins', { hasText: VIOLIN.answer }).waitFor();
    await assertAccessible(page, 'a draft');

    await page.keyboard.press('b');
    await reads(page, 'Broken', 1);
    await reads(page, 'Fixed', 1);
    const broken = page.getByRole('article', { name: BRASS.question });
    const [now, then] = ['Now', 'With this draft'].map((name) =>
      broken.getByRole('group', { name }),
    );
    await now.getByText('with chalk').waitFor();
    await then.getByText('Declined').waitFor();
    await assertAccessible(page, 'a backtest');
    await figure(page, 'Fixed').getByRole('link').click();
    await broken.waitFor({ state: 'detached' });
    await page.getByRole('article', { name: VIOLIN.question }).waitFor();
    await figure(page, 'Fixed').getByRole('link').click();

    await broken.getByRole('button', { name: /^Add to an evaluation set/ }).click();
    const adding = page.getByRole('dialog', { name: 'Add to an evaluation set' });
    await adding.getByLabel('Name').fill('Workshop');
    await assertAccessible(page, 'adding to a set');
    await button(adding, 'Add').click();
    await page.getByText('Added to the set.').waitFor();
    const [set] = (await owner.get('/evaluation-sets')).items;
    const { cases } = await owner.get(`/evaluation-sets/${set.id}`);
    assert.deepEqual(
      cases.map(({ question, expects, expected_text }) => [question, expects, expected_text]),
      [[BRASS.question, 'text', BRASS.answer]],
    );

    await button(page, 'Publish').click();
    const asking = page.getByRole('dialog', { name: 'Publish this draft?' });
    await asking.getByText('1 question that is answered well now').waitFor();
    await assertAccessible(page, 'before publishing');
    await button(asking, 'Cancel').click();

    await page.getByRole('link', { name: /^Changes/ }).click();
    await button(page, `Take out “${BRASS.question}”`).click();
    await gone.waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'Backtest', exact: true }).click();
    await page.getByText('The draft or the knowledge has changed since.').waitFor();
    await button(page, 'Run backtest').click();
    await reads(page, 'Broken', 0);
    await reads(page, 'Fixed', 1);
    await page
      .getByText('The draft or the knowledge has changed since.')
      .waitFor({ state: 'detached' });
    await button(page, 'Publish').click();
    await page.getByText(/^Published as version \d+/).waitFor();
    await button(page, 'Undo this version').waitFor();
    assert.match((await asVisitor(VIOLIN.question)).text, /luthier/);
    assert.match((await asVisitor(BRASS.question)).text, /with chalk/);
    await assertAccessible(page, 'a published version');

    await button(page, 'Undo this version').click();
    await page.getByRole('heading', { name: /^Undo version \d+/, level: 1 }).waitFor();
    await page.locator('del', { hasText: VIOLIN.answer }).waitFor();
    await button(page, 'Publish').click();
    await page
      .getByText(/^Published as version \d+/)
      .last()
      .waitFor();
    await page.getByText('It takes an earlier version back.').waitFor();
    assert.equal((await asVisitor(VIOLIN.question)).gap_detected, true);
  });

  it('holds to drafts where the workspace says so, and lets an owner pass over it', async () => {
    const ownerPage = await sitDown('knowledge/versions');
    await ownerPage
      .getByLabel('How Q&A pairs and prompts change')
      .selectOption('Only by drafts that were tried');
    await ownerPage.getByText('Saved. It holds from now on.').waitFor();

    const page = await sitDown(`knowledge?pair=${brass.id}`, NORA);
    const sheet = page.getByRole('dialog', { name: 'Edit answer' });
    const answer = sheet.getByLabel('Answer', { exact: true });
    await answer.fill('Yes, with chalk, every Friday.');
    await button(sheet, 'Save').click();
    await saving(page)
      .getByText('Q&A pairs and prompts change only by drafts that were tried')
      .waitFor();
    await saveToDraft(page, { draft: 'A new draft', title: 'Friday' });
    await button(page, 'Open the draft').click();
    await page.locator('del', { hasText: 'Thursday' }).waitFor();
    await page.locator('ins', { hasText: 'Friday' }).waitFor();
    await button(page, 'Publish').click();
    const asking = page.getByRole('dialog', { name: 'Publish this draft?' });
    await asking.getByText('only after a backtest').waitFor();
    await asking.getByText('An owner or admin may publish it').waitFor();
    assert.equal(await button(asking, 'Publish all the same').count(), 0);
    await button(asking, 'Close').last().click();
    // the owner sees the colleague's draft without reloading
    const row = ownerPage.getByRole('listitem').filter({ hasText: 'Friday' });
    await row.getByText('1 changed').waitFor();

    // what closes a gap goes the same way
    await page.goto(server.url + team.at('gaps'));
    await page.getByRole('link', { name: VIOLIN.question }).click();
    await page.getByRole('textbox', { name: 'Answer', exact: true }).fill(VIOLIN.answer);
    await page.getByRole('button', { name: /^Publish answer/ }).click();
    await saving(page)
      .getByText('Q&A pairs and prompts change only by drafts that were tried')
      .waitFor();
    await saveToDraft(page, { draft: 'A new draft', title: 'Gap' });
    await button(page, 'Open the draft').last().click();
    await page.getByRole('heading', { name: 'Gap', level: 1 }).waitFor();
    await page.locator('ins', { hasText: VIOLIN.answer }).waitFor();
    await page.goto(server.url + team.at(`knowledge/versions/${await idOf('Friday')}`));

    await row.getByRole('link').click();
    await button(ownerPage, 'Publish').click();
    const passing = ownerPage.getByRole('dialog', { name: 'Publish this draft?' });
    await button(passing, 'Publish all the same').click();
    await ownerPage.getByText(/^Published as version \d+/).waitFor();
    // and the colleague that it is published
    await button(page, 'Undo this version').waitFor();
    assert.match((await asVisitor(BRASS.question)).text, /Friday/);
    await owner.send('PUT', '/publishing', { rule: 'free' });
  });

  it('keeps what a channel tells the model in versions, and in a draft where only those count', async () => {
    const [channel] = (await owner.get('/channels')).items;
    await owner.send('PUT', '/publishing', { rule: 'tested' });
    const page = await sitDown('settings/ai-agent');
    const form = page.getByRole('textbox', { name: 'Personality prompt', exact: true });
    await form.fill('Answer like a joiner.');
    await page.getByLabel('Confidence needed to answer').fill('0.6');
    await button(page, 'Save').click();
    await saving(page)
      .getByText('Q&A pairs and prompts change only by drafts that were tried')
      .waitFor();
    await saveToDraft(page, { draft: 'A new draft', title: 'Joiner' });
    // the rest is saved, the instructions wait
    await page.getByRole('group', { name: 'Unsaved changes' }).waitFor({ state: 'detached' });
    const { settings } = await owner.get(`/channels/${channel.id}`);
    assert.equal(settings.confidence_threshold, 0.6);
    assert.equal(settings.personality_prompt, channel.settings.personality_prompt);

    await page.goto(server.url + team.at(`knowledge/versions/${await idOf('Joiner')}`));
    const card = page.getByRole('article', { name: channel.name });
    await card.getByText('Channel’s instructions').waitFor();
    await card.locator('ins', { hasText: 'joiner' }).waitFor();
    await assertAccessible(page, 'a draft of a channel’s instructions');
    await button(page, 'Publish').click();
    const asking = page.getByRole('dialog', { name: 'Publish this draft?' });
    await button(asking, 'Publish all the same').click();
    await page.getByText(/^Published as version \d+/).waitFor();
    await page.goto(server.url + team.at('settings/ai-agent'));
    await until(async () => (await form.inputValue()) === 'Answer like a joiner.');
    await page.getByRole('link', { name: 'History' }).click();
    await page.getByRole('region', { name: 'Published' }).getByText('Joiner').waitFor();
    await owner.send('PUT', '/publishing', { rule: 'free' });
  });

  it('marks what somebody has changed since, and leads from an answer to its history', async () => {
    const { answer } = await owner.get(`/qa-pairs/${brass.id}`);
    const change = {
      subject: 'qa_pair',
      id: brass.id,
      after: { ...BRASS, answer: `${answer} Bring them dry.`, category: 'workshop' },
    };
    const draft = await owner.post('/drafts', { title: 'Dry', changes: [change] });
    const page = await sitDown(`knowledge/versions/${draft.id}`);
    await page.locator('ins', { hasText: 'Bring them dry.' }).waitFor();
    await owner.patch(`/qa-pairs/${brass.id}`, { answer: 'Only silver ones.' });
    await page.getByText('Changed by someone since').waitFor();
    await button(page, 'Publish').click();
    const asking = page.getByRole('dialog', { name: 'Publish this draft?' });
    await asking.getByText('1 change has been made elsewhere since').waitFor();
    await button(asking, 'Cancel').click();
    await button(page, 'Discard').click();
    await button(page.getByRole('dialog', { name: 'Discard this draft?' }), 'Discard').click();
    await page.getByText('Draft discarded.').waitFor();

    await page.keyboard.press('Control+k');
    await page.keyboard.type('Knowledge: Versions');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Open drafts' }).waitFor();
    await page.goto(server.url + team.at(`knowledge?pair=${brass.id}`));
    await page.getByRole('dialog').getByRole('link', { name: 'History' }).click();
    await page.getByText('Versions that changed one thing').waitFor();
    const history = page.getByRole('region', { name: 'Published' });
    await until(async () => (await history.getByRole('listitem').count()) >= 3);
    await history.getByRole('link').first().click();
    await page.locator('ins', { hasText: 'silver' }).waitFor();
    await button(page, 'Go back to here').click();
    await page.getByText('there is nothing to take back').waitFor();
  });

  it('fits a phone, in French and in the dark', async () => {
    const long = `${'Donaudampfschifffahrt'.repeat(6)} ${'word '.repeat(80)}`;
    const after = { question: `Is this <b>long</b>? ${long}`.slice(0, 400), answer: long };
    const draft = await owner.post('/drafts', {
      title: `Un titre ${long}`.slice(0, 180),
      changes: [
        { subject: 'qa_pair', after },
        { subject: 'qa_pair', id: brass.id, after: null },
      ],
    });
    await owner.post(`/drafts/${draft.id}/backtest`);
    const path = team.at('knowledge/versions');
    const { page } = await visits.open({ path, locale: 'fr-FR', colorScheme: 'dark', ...PHONE });
    visits.newest.expected = EXPECTED;
    page.setDefaultTimeout(30_000);
    await page.getByRole('heading', { name: 'Brouillons ouverts' }).waitFor();
    await page.getByText('Un titre').first().waitFor();
    await assertFit(page, 'versions on a phone, French, dark');
    await page.goto(server.url + team.at(`knowledge/versions/${draft.id}`));
    await page.locator('ins').first().waitFor();
    assert.equal(await page.locator('main b').count(), 0);
    await assertFit(page, 'a draft on a phone, French, dark');
    await page.getByRole('link', { name: 'Essai' }).click();
    await page.getByRole('list', { name: 'Résultat de l’essai' }).waitFor();
    await page.getByRole('article').first().waitFor();
    await assertFit(page, 'a backtest on a phone, French, dark');
  });
});
