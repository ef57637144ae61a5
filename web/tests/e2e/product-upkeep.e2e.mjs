// Work that the knowledge asks for by itself, on the real server: seen, done, put aside.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { assertAccessible } from './browser.mjs';
import { DemoTeam } from './demo-team.mjs';
import { assertFit, PHONE } from './inbox-team.mjs';
import { reasonToSkip, Visitor } from './product-server.mjs';

const NORA = { name: 'Nora Lind', email: 'nora@fennel-oak.example', password: 'elm by the river' };
const BEE = {
  name: 'Bee',
  email: 'bee@hive.example',
  password: 'a long password',
  business_name: 'The Hive',
};

const SHORT = {
  question: 'How many days do I have to bring back a kettle?',
  answer: 'You have 14 days to bring back a kettle.',
};
const LONG = {
  question: 'How many days do I have to bring a kettle back?',
  answer: 'You have 30 days to bring back a kettle.',
};
const GLASS = { question: 'Do you blow glass harmonicas?', answer: 'Yes, on request.' };
const aMonthAgo = new Date(Date.now() - 40 * 24 * 3_600_000).toLocaleDateString('en-GB', {
  day: 'numeric',
  month: 'long',
  year: 'numeric',
});
const CLOSED = {
  question: 'Is the lighthouse workshop open?',
  answer: `The lighthouse workshop is closed until ${aMonthAgo}.`,
};

const CRANE = {
  question: 'How high may a paper crane be for framing?',
  answer: 'A paper crane may be 12 centimetres high.',
};
const FRAMING = {
  title: 'Framing guide',
  text: 'For framing, a paper crane may be 20 centimetres high. Bring it flat.',
};

describe('upkeep', { skip: reasonToSkip(), timeout: 280_000 }, () => {
  let team, server, visits, owner;

  before(async () => {
    team = await DemoTeam.start('viewer', NORA);
    ({ server, visits, owner } = team);
    for (const pair of [SHORT, LONG, GLASS, CLOSED, CRANE]) await owner.post('/qa-pairs', pair);
    await owner.post('/documents', FRAMING);
    for (let times = 0; times < 2; times += 1) await dislike(GLASS);
  });
  after(() => team?.stop());
  afterEach(() => visits.close());

  async function dislike({ question, answer }) {
    const visitor = await Visitor.begin(server.url, server.channelKey);
    assert.equal((await visitor.ask(question)).answer.text, answer);
    const { items } = await owner.get(`/conversations/${visitor.conversationId}/messages`);
    const answered = items.find((message) => message.answer);
    await visitor.api.post(`/messages/${answered.id}/feedback`, { value: 'down' });
  }

  async function sitDown(options = {}) {
    const { page } = await visits.open({ path: team.at('knowledge/upkeep'), ...options });
    page.setDefaultTimeout(30_000);
    return page;
  }

  const kind = (page, name) => page.getByRole('region', { name });
  const finding = (page, { question }) => page.getByRole('group', { name: question });
  const button = (place, name) => place.getByRole('button', { name });

  it('shows what there is to do, on every screen', async () => {
    const page = await sitDown();
    const found = kind(page, 'Contradictions').getByRole('listitem').filter({
      hasText: SHORT.question,
    });
    await found.getByText('They name different numbers').waitFor();
    await finding(found, SHORT).getByText(SHORT.answer).waitFor();
    await finding(found, LONG).getByText(LONG.answer).waitFor();
    await finding(kind(page, 'Found wrong by visitors'), GLASS).getByText('2 down, 0 up').waitFor();
    const document = finding(kind(page, 'A document says otherwise'), CRANE);
    await document.getByText('a paper crane may be 20 centimetres high').waitFor();
    await document.getByRole('link', { name: FRAMING.title }).waitFor();
    await kind(page, 'A document says otherwise')
      .getByText('Other disagreements with documents are not seen.')
      .waitFor();
    await finding(kind(page, 'Names a day gone by'), CLOSED)
      .getByText(/names \w+ \d+, \d+|names \d+ \w+ \d+/)
      .waitFor();
    await page.getByText('From 100 on').waitFor();
    await assertAccessible(page, 'upkeep');
    const dark = await sitDown({ ...PHONE, colorScheme: 'dark', locale: 'fr-FR' });
    await dark.getByText('Les nombres diffèrent').first().waitFor();
    await assertFit(dark, 'upkeep on a phone, dark, French');
  });

  it('names what was asked and where, and puts it into the gap queue', async () => {
    const page = await sitDown();
    const disliked = finding(kind(page, 'Found wrong by visitors'), GLASS);
    const asked = disliked.getByRole('listitem').filter({ hasText: GLASS.question });
    await asked.nth(1).waitFor();
    const conversation = asked.first().getByRole('link', { name: /^Open the conversation/ });
    assert.match(await conversation.getAttribute('href'), /\/inbox\/[0-9a-f-]{36}$/);
    await button(asked.first(), /^Put into the gap queue/).click();
    await page.getByText('The question is in the gap queue.').waitFor();
    await asked
      .first()
      .getByRole('link', { name: /^In the gap queue/ })
      .click();
    await page.getByRole('heading', { name: GLASS.question, level: 2 }).waitFor();
    await page.getByText(GLASS.answer).first().waitFor();
    const { items } = await owner.get('/gaps');
    assert.equal(items.filter(({ question }) => question === GLASS.question).length, 1);
    const colleague = await sitDown({ account: NORA });
    const read = finding(kind(colleague, 'Found wrong by visitors'), GLASS);
    await read
      .getByRole('link', { name: /^Open the conversation/ })
      .first()
      .waitFor();
    assert.equal(await button(read, /^Put into the gap queue/).count(), 0);
  });

  it('mends, merges, undoes and puts aside', async () => {
    const page = await sitDown();
    const outdated = kind(page, 'Names a day gone by');
    await button(finding(outdated, CLOSED), /^Edit/).click();
    const editor = page.getByRole('dialog', { name: 'Edit answer' });
    await editor.getByLabel('Answer', { exact: true }).fill('The lighthouse workshop is open.');
    await button(editor, 'Save').last().click();
    await finding(outdated, CLOSED).waitFor({ state: 'detached' });

    const contradictions = kind(page, 'Contradictions');
    await button(finding(contradictions, LONG), /^Keep this answer/).click();
    await finding(contradictions, LONG).waitFor({ state: 'detached' });
    const [kept] = (await owner.get('/qa-pairs?q=kettle%20back&is_active=true')).items;
    assert.deepEqual([kept.answer, kept.phrasings], [LONG.answer, [SHORT.question]]);
    await page.getByRole('button', { name: 'Undo' }).last().click();
    await finding(contradictions, LONG).waitFor();
    const found = contradictions.getByRole('listitem').filter({ hasText: SHORT.question });
    await button(found, /^No contradiction/).press('Enter');
    await finding(contradictions, LONG).waitFor({ state: 'detached' });

    const disliked = finding(kind(page, 'Found wrong by visitors'), GLASS);
    await button(disliked, /^Leave it as it is/).click();
    await disliked.waitFor({ state: 'detached' });
    await page.reload();
    await page.getByText('From 100 on').waitFor();
    assert.equal(await finding(page, LONG).count(), 0, 'it stays away');
    // and comes back when the answer changes, without reloading
    const { items } = await owner.get('/qa-pairs?q=bring%20a%20kettle&is_active=true');
    const long = items.find(({ question }) => question === LONG.question);
    await owner.patch(`/qa-pairs/${long.id}`, { answer: 'You have 60 days.' });
    await finding(contradictions, LONG).waitFor();
  });

  it('offers a viewer nothing to do', async () => {
    const page = await sitDown({ account: NORA });
    await finding(kind(page, 'Contradictions'), LONG).waitFor();
    assert.equal(await button(page, /^(Edit|Keep this|No contradiction)/).count(), 0);
  });

  it('says so when all is well', async () => {
    const bee = await server.signUp(BEE);
    const { tenant } = await bee.get('/session');
    const path = `/app/${tenant.slug}/knowledge/upkeep`;
    const { page } = await visits.open({ account: BEE, path });
    await page.getByText('Nothing to mend').waitFor();
    await assertAccessible(page, 'upkeep with nothing to do');
  });
});
