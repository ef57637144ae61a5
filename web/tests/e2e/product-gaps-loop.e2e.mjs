// The loop from questions asked in vain to an answer and what it has brought, on the real server.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { assertAccessible } from './browser.mjs';
import { DemoTeam } from './demo-team.mjs';
import { assertFit, PHONE } from './inbox-team.mjs';
import { reasonToSkip, Visitor } from './product-server.mjs';

const NORA = { name: 'Nora Lind', email: 'nora@fennel-oak.example', password: 'elm by the river' };
const NO_LIMITS = {
  RAPPORT_LIMITS__MESSAGES_PER_VISITOR_MINUTE: '0',
  RAPPORT_LIMITS__NEW_CONVERSATIONS_PER_ADDRESS_HOUR: '0',
  RAPPORT_LIMITS__MESSAGES_PER_TENANT_MINUTE: '0',
  RAPPORT_LIMITS__MESSAGES_PER_ADDRESS_MINUTE: '0',
};
/** What the browser notes by itself about drafts that were never tried. */
const EXPECTED = /status of (404|409)/;

const TUNING = 'Do you tune pianos?';
const WORDINGS = [TUNING, 'Can you tune my piano?', 'Do you tune pianos at home?'];
const REPLY = 'Yes, our tuner comes to your home on Tuesdays.';

describe('the loop of gaps', { skip: reasonToSkip(), timeout: 280_000 }, () => {
  let team, server, visits, owner;

  before(async () => {
    team = await DemoTeam.start('viewer', NORA, NO_LIMITS);
    ({ server, visits, owner } = team);
  });
  after(() => team?.stop());
  afterEach(() => visits.close());

  async function ask(question) {
    const visitor = await Visitor.begin(server.url, server.channelKey);
    const { answer } = await visitor.ask(question);
    return { answer, conversationId: visitor.conversationId };
  }

  async function sitDown(path, options = {}) {
    const { page } = await visits.open({ path: team.at(path), ...options });
    visits.newest.expected = EXPECTED;
    page.setDefaultTimeout(30_000);
    return page;
  }

  const button = (place, name) => place.getByRole('button', { name, exact: true });
  const title = (page, text) => page.getByRole('heading', { name: text, level: 2 });
  const row = (page, text) =>
    page.getByRole('region', { name: 'Questions' }).getByRole('link').filter({ hasText: text });
  const figure = (page, name) =>
    page.getByRole('list', { name: 'Result of the backtest' }).getByRole('listitem').filter({
      hasText: name,
    });

  it('shows what most visitors wait for first, as it comes in', async () => {
    await ask('Who painted the ceiling of the chapel?');
    const page = await sitDown('gaps');
    await row(page, 'chapel').waitFor();
    for (const wording of WORDINGS) {
      const { answer, conversationId } = await ask(wording);
      assert.equal(answer.gap_detected, true, wording);
      if (wording === WORDINGS[2]) continue;
      await owner.post(`/conversations/${conversationId}/messages`, {
        text: REPLY,
        client_message_id: crypto.randomUUID(),
      });
    }
    const together = row(page, '3 wordings');
    await together.getByText('3 visitors').waitFor();
    await together.getByRole('img', { name: 'Asked in the last 7 days: 3' }).waitFor();
    const first = page.getByRole('region', { name: 'Questions' }).getByRole('link').first();
    assert.match(await first.textContent(), /3 wordings/);
    await assertAccessible(page, 'clusters');
  });

  it('tries a proposed answer before it is published, and leaves what does not belong', async () => {
    const page = await sitDown('gaps');
    await row(page, '3 wordings').click();
    await title(page, TUNING).waitFor();
    const wordings = page.getByRole('group', { name: 'How it was asked' });
    await wordings.getByRole('checkbox').nth(2).waitFor();
    assert.equal(await wordings.getByRole('checkbox').count(), 3);
    await wordings.getByLabel(WORDINGS[2], { exact: true }).uncheck();
    await wordings.getByRole('button', { name: `Who asked: ${WORDINGS[1]}` }).click();
    await page.getByRole('region', { name: 'Who asked, and what they got' }).waitFor();
    await button(page, 'Propose answers').click();
    const byPeople = page.getByRole('article', { name: 'Written 2 times by colleagues' });
    await byPeople.getByRole('link', { name: 'Conversation 2' }).waitFor();
    await byPeople.getByRole('button', { name: /^Use this/ }).click();
    assert.equal(await page.getByRole('textbox', { name: 'Answer' }).inputValue(), REPLY);
    await assertAccessible(page, 'an open cluster');

    await page.keyboard.press('Escape');
    await page.keyboard.press('t');
    await figure(page, 'Broken').getByText('0', { exact: true }).waitFor();
    const tried = page.getByRole('article', { name: TUNING });
    await tried.getByRole('group', { name: 'With this draft' }).getByText(REPLY).waitFor();
    await figure(page, 'Fixed')
      .getByText(/^[23]$/)
      .waitFor();
    await assertAccessible(page, 'an answer that is tried');
    // nobody is answered from it until it is published
    assert.equal((await ask('Who paints ceilings of chapels?')).answer.gap_detected, true);
    await button(page, 'Back to the answer').click();
    assert.equal(await page.getByRole('textbox', { name: 'Answer' }).inputValue(), REPLY);
    assert.deepEqual((await owner.get('/versions?status=draft')).items, []);
    await button(page, 'Try first').click();
    await button(page, 'Publish').click();
    await page.getByText(/^Published as version \d+/).waitFor();
    await row(page, WORDINGS[2]).waitFor();
    await row(page, '3 wordings').waitFor({ state: 'detached' });
    assert.match((await ask(WORDINGS[1])).answer.text, /Tuesdays/);
  });

  it('closes all wordings at once, and Z opens them again', async () => {
    for (const wording of ['Do you mend broken clocks?', 'Can you mend my broken clock?']) {
      await ask(wording);
    }
    const asked = 'Do you mend broken clocks?';
    const page = await sitDown('gaps');
    await row(page, asked).filter({ hasText: '2 wordings' }).waitFor();
    await row(page, asked).click();
    await page.getByRole('group', { name: 'How it was asked' }).waitFor();
    await page.keyboard.press('e');
    await page.keyboard.type('Yes, all but cuckoo clocks.');
    await page.keyboard.press('Control+Enter');
    await page.getByText('Answer published.').waitFor();
    await row(page, asked).waitFor({ state: 'detached' });
    assert.match((await ask('Can you mend my broken clock?')).answer.text, /cuckoo/);
    await page.locator('body').click({ position: { x: 5, y: 5 } });
    await page.keyboard.press('z');
    await page.getByText('The question is open again.').waitFor();
    await row(page, asked).waitFor();
    await title(page, asked).waitFor();
    const [pair] = (await owner.get('/qa-pairs?q=cuckoo')).items;
    assert.equal(pair.is_active, false, 'nobody is answered from it');
    // what was written is still there
    const answer = page.getByRole('textbox', { name: 'Answer' });
    assert.equal(await answer.inputValue(), 'Yes, all but cuckoo clocks.');
  });

  it('shows what waits in a draft, and what was taken back', async () => {
    const question = 'Do you restring harps?';
    await ask(question);
    const gap = (await owner.get('/gaps')).items.find((one) => one.question === question);
    const after = { question, answer: 'Yes, on Mondays.' };
    const change = { subject: 'qa_pair', id: null, after, closes_gaps: [gap.id] };
    const page = await sitDown('gaps');
    await row(page, question).click();
    await owner.post('/drafts', { title: 'Harps', changes: [change] });
    // without reloading
    await row(page, question).getByText('In a draft').waitFor();
    await page.getByText('An answer waits in a draft.').waitFor();
    await assertAccessible(page, 'a gap with a draft');
    await page.getByRole('link', { name: 'Open the draft' }).click();
    await page.getByRole('heading', { name: 'Harps', level: 1 }).waitFor();
    await button(page, 'Run backtest').first().click();
    await page.getByText('It answers 1 open question of the gap queue').waitFor();
    await button(page, 'Publish').click();
    await page.getByText(/^Published as version \d+.*1 gap closed\./).waitFor();
    await button(page, 'Undo this version').click();
    await page.getByText('Draft', { exact: true }).first().waitFor();
    await button(page, 'Publish').click();
    await page.getByText(/1 gap is open again\./).waitFor();

    const phone = await sitDown('gaps', { ...PHONE, colorScheme: 'dark', locale: 'fr-FR' });
    await phone.getByText('Rouverte').waitFor();
    await assertFit(phone, 'a gap that is open again on a phone, dark, French');
    const again = await sitDown('gaps');
    await row(again, question).getByText('Open again').waitFor();
    await row(again, question).click();
    await again.getByRole('link', { name: 'Open the version that did' }).waitFor();
    await assertAccessible(again, 'a gap that is open again');
    const log = await sitDown('settings/audit');
    await log.getByRole('row').filter({ hasText: 'Gaps opened again' }).first().waitFor();
  });

  it('tells what an answer has brought, once enough have asked', async () => {
    const page = await sitDown('gaps?status=effect');
    const effect = page.getByRole('listitem').filter({ hasText: TUNING });
    await effect.getByText('too few to say more').waitFor();
    for (let times = 0; times < 6; times += 1) await ask(TUNING);
    await page.reload();
    await effect
      .getByText(/^[67] of [78] answered, \d+–\d+%$|^(\d) of \1 answered, \d+–100%$/)
      .waitFor();
    await effect.getByText(/asked in vain (once|\d times) in the 30 days before/).waitFor();
    await assertAccessible(page, 'effects');
    const phone = await sitDown('gaps?status=effect', { ...PHONE, locale: 'fr-FR' });
    await phone.getByText(/^Réponse donnée \d+ fois sur \d+, \d+–\d+ %$/).waitFor();
    await assertFit(phone, 'effects on a phone, French');
    const dark = await sitDown('gaps', { ...PHONE, colorScheme: 'dark', locale: 'fr-FR' });
    await dark.getByRole('link', { name: /^Do you mend broken clocks/ }).click();
    await dark.getByRole('group', { name: 'Comment elle a été posée' }).waitFor();
    await assertFit(dark, 'an open cluster on a phone, dark, French');
  });

  it('only shows a viewer what there is', async () => {
    const page = await sitDown('gaps', { account: NORA });
    await row(page, 'Do you mend broken clocks?').click();
    await page.getByRole('region', { name: 'Who asked, and what they got' }).waitFor();
    assert.equal(await button(page, 'Propose answers').count(), 0);
    assert.equal(await page.getByRole('textbox', { name: 'Answer' }).count(), 0);
  });
});
