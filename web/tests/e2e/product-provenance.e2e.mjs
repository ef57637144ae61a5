// From a written answer or a document to what visitors were answered from it, and on to where that was said and why.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { assertAccessible } from './browser.mjs';
import { DemoTeam } from './demo-team.mjs';
import { assertFit, PHONE, until } from './inbox-team.mjs';
import { reasonToSkip, Visitor } from './product-server.mjs';

const NORA = { name: 'Nora Lind', email: 'nora@fennel-oak.example', password: 'elm by the river' };
const NO_LIMITS = {
  RAPPORT_LIMITS__MESSAGES_PER_VISITOR_MINUTE: '0',
  RAPPORT_LIMITS__NEW_CONVERSATIONS_PER_ADDRESS_HOUR: '0',
  RAPPORT_LIMITS__MESSAGES_PER_TENANT_MINUTE: '0',
  RAPPORT_LIMITS__MESSAGES_PER_ADDRESS_MINUTE: '0',
};
const HAMMOCK = 'Can I rent your hammock for a wedding?';
const SEALS = 'When does the ferry to the seal island leave?';
/** Messages after the one that is looked for: more than are loaded at first. */
const MANY = 120;

describe('provenance', { skip: reasonToSkip(), timeout: 280_000 }, () => {
  let team, server, visits, owner;

  before(async () => {
    team = await DemoTeam.start('viewer', NORA, NO_LIMITS);
    ({ server, visits, owner } = team);
  });
  after(() => team?.stop());
  afterEach(() => visits.close());

  async function open(path, options) {
    const { page } = await visits.open({ path: team.at(path), ...options });
    page.setDefaultTimeout(30_000);
    return page;
  }

  async function ask(question) {
    const visitor = await Visitor.begin(server.url, server.channelKey);
    const { answer } = await visitor.ask(question);
    assert.equal(answer.gap_detected, false, question);
    return { visitor, answer };
  }

  const teach = (question) => owner.post('/qa-pairs', { question, answer: 'Yes, **gladly**.' });

  async function learn(name, text) {
    const { id } = await owner.upload(`/documents/files?filename=${name}`, text);
    await until(async () => {
      const { items } = await owner.get('/documents');
      return items.find((one) => one.id === id).status === 'processed';
    });
    return id;
  }

  const sheet = (page, name) => page.getByRole('dialog', { name });
  const list = (page) => page.getByRole('list', { name: 'Answers that used it' });

  it('leads from a written answer to where it was given, and to why', async () => {
    const { id } = await teach(HAMMOCK);
    const path = `knowledge?pair=${id}`;
    const before = await open(path);
    await before.getByText('No visitor has been answered from it yet.').waitFor();
    await assertAccessible(before, 'an answer that nobody has got');

    const { visitor, answer } = await ask(HAMMOCK);
    await visitor.api.send('POST', `/messages/${answer.id}/feedback`, { value: 'down' });
    const note = 'x'.padEnd(200, ' x');
    for (let sent = 0; sent < MANY; sent++) {
      const message = { client_message_id: crypto.randomUUID(), text: `${sent} ${note}` };
      await owner.post(`/conversations/${visitor.conversationId}/messages`, message);
    }

    const page = await open(path, { account: NORA });
    const row = list(page).getByRole('listitem');
    await row.getByText('Yes, gladly.').waitFor();
    await row.getByText(/^Confidence \d+%$/).waitFor();
    await row.getByRole('img', { name: 'The visitor did not find this helpful' }).waitFor();
    await assertAccessible(page, 'answers that used one');

    const why = row.getByRole('button', { name: `Why this answer: ${HAMMOCK}` });
    await why.focus();
    await page.keyboard.press('Enter');
    const trace = sheet(page, 'Why this answer');
    await trace.getByText('Considered').waitFor();
    await assertAccessible(page, 'why, above the answer');
    await page.keyboard.press('Escape');
    await trace.waitFor({ state: 'detached' });
    assert.ok(await why.evaluate((button) => button === document.activeElement));

    // long ago in its conversation
    await row.getByRole('link', { name: HAMMOCK }).click();
    await page.waitForURL(`**/inbox/${visitor.conversationId}?*message=${answer.id}`);
    const said = page.getByRole('log').getByText('Yes, gladly.');
    await said.waitFor();
    await until(() => said.evaluate(isInSight));
    await page.goBack();
    await row.getByText('Yes, gladly.').waitFor();
  });

  it('leads from a document, page by page', async () => {
    const text = 'The ferry to the seal island leaves at seven in the morning, from the harbour.';
    const id = await learn('seal-ferry.txt', text);
    const page = await open(`knowledge/documents?document=${id}`);
    const dialog = sheet(page, /ferry/i);
    await dialog.getByText(/leaves at seven/).waitFor();
    await dialog.getByRole('link', { name: 'Answers that used it' }).click();
    await dialog.getByText('No visitor has been answered from it yet.').waitFor();

    for (let asked = 0; asked < 21; asked++) await ask(SEALS);
    await page.reload();
    const rows = list(page).getByRole('listitem');
    await rows.nth(19).waitFor();
    assert.equal(await rows.count(), 20);
    await assertAccessible(page, 'answers from a document');
    await dialog.getByRole('button', { name: 'Load more' }).click();
    await rows.nth(20).waitFor();
    assert.equal(await rows.count(), 21);
    assert.equal(await dialog.getByRole('button', { name: 'Load more' }).count(), 0);

    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await page.waitForURL((url) => url.search === '');
  });

  it('fits on a phone, in French and in the dark, whatever was asked', async () => {
    const trap = '<img src=x onerror=alert(1)> ' + 'Donaudampfschifffahrt'.repeat(6);
    const { id } = await teach(trap);
    await ask(trap);
    const phone = { ...PHONE, locale: 'fr-FR', colorScheme: 'dark' };
    const page = await open(`knowledge?pair=${id}`, phone);
    const answers = page.getByRole('list', { name: 'Réponses qui s’appuient dessus' });
    await answers.getByRole('link', { name: /<img src=x/ }).waitFor();
    await answers.scrollIntoViewIfNeeded();
    await assertFit(page, 'answers that used one, on a phone, French, dark');
    const inner = await page.locator('dialog .overflow-y-auto').evaluate(tooWide);
    assert.ok(inner <= 0, `${inner} px too wide`);
  });
});

/** Runs in the page. */
function isInSight(element) {
  const { top, bottom } = element.getBoundingClientRect();
  return top >= 0 && bottom <= innerHeight;
}

/** Runs in the page. */
function tooWide(pane) {
  return pane.scrollWidth - pane.clientWidth;
}
