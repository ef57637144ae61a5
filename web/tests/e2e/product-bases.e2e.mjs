// Whole texts in versions, on the real server: written, compared, brought back; and prompts that go into a draft.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { assertAccessible } from './browser.mjs';
import { DemoTeam } from './demo-team.mjs';
import { assertFit, PHONE, until } from './inbox-team.mjs';
import { reasonToSkip } from './product-server.mjs';

const NORA = { name: 'Nora Lind', email: 'nora@fennel-oak.example', password: 'elm by the river' };
const FIRST = '# Night swimming\n\nThe heated pool opens at nine in the evening.';
const SECOND = '# Night swimming\n\nThe heated pool opens at ten in the evening.';
const EXPECTED = /status of 404/;

describe('texts', { skip: reasonToSkip(), timeout: 280_000 }, () => {
  let team, visits, owner;

  before(async () => {
    team = await DemoTeam.start('agent', NORA);
    ({ visits, owner } = team);
  });
  after(() => team?.stop());
  afterEach(() => visits.close());

  async function sitDown(path, options = {}) {
    const { page } = await visits.open({ path: team.at(path), ...options });
    visits.newest.expected = EXPECTED;
    page.setDefaultTimeout(30_000);
    return page;
  }

  const button = (place, name) => place.getByRole('button', { name, exact: true });
  const isAnsweredFrom = async (words) => {
    const documents = (await owner.get('/documents')).items.filter(({ title }) => title === 'FAQ');
    if (documents.length !== 1 || documents[0].status !== 'processed') return false;
    // it may just have given way to another version
    const passages = owner.get(`/documents/${documents[0].id}/passages`);
    const { items } = await passages.catch(() => ({ items: [] }));
    return items.some(({ text }) => text.includes(words));
  };

  async function write(page, opener, text, way) {
    await button(page, opener).click();
    const editor = page.getByRole('dialog', { name: 'FAQ' });
    await editor.getByLabel('Text').fill(text);
    await button(editor, way).click();
    await editor.waitFor({ state: 'detached' });
  }

  it('writes a text, a newer one, and brings the older one back', async () => {
    const page = await sitDown('knowledge/texts');
    await page.getByText('No text yet').waitFor();
    await assertAccessible(page, 'no text yet');
    await write(page, 'Write it', FIRST, 'Save and put in force');
    await page.getByText('Version 1 saved. It is in force now.').waitFor();
    await until(() => isAnsweredFrom('at nine'));

    await write(page, 'Write a new version', SECOND, 'Save for later');
    await page.getByText('Version 2 saved. It is not in force.').waitFor();
    const row = (number) =>
      page.getByRole('listitem').filter({ hasText: `Version ${String(number)}` });
    await row(1).getByText('In force').waitFor();
    assert.equal(await isAnsweredFrom('at ten'), false);
    await row(2)
      .getByRole('button', { name: /^Compare/ })
      .click();
    const comparing = page.getByRole('dialog', { name: /^Version 2/ });
    await comparing.locator('ins', { hasText: 'ten' }).waitFor();
    await comparing.locator('del', { hasText: 'nine' }).waitFor();
    await assertAccessible(page, 'two versions compared');
    await page.keyboard.press('Escape');
    await row(2)
      .getByRole('button', { name: /^Put in force/ })
      .click();
    await page.getByText('Version 2 is in force.').waitFor();
    await until(() => isAnsweredFrom('at ten'));
    await assertAccessible(page, 'a text with versions');

    await row(1)
      .getByRole('button', { name: /^Put in force/ })
      .press('Enter');
    await until(() => isAnsweredFrom('at nine'));
    await button(page, 'Take out of force').click();
    await page.getByText('None is in force').waitFor();
    assert.equal(await isAnsweredFrom('Night'), false);
    await page.getByRole('button', { name: 'Undo' }).last().click();
    await until(() => isAnsweredFrom('at nine'));

    const phone = await sitDown('knowledge/texts', {
      ...PHONE,
      colorScheme: 'dark',
      locale: 'fr-FR',
    });
    await phone.getByText('En vigueur').first().waitFor();
    await assertFit(phone, 'texts on a phone, dark, French');
  });

  it('asks before what was written is lost', async () => {
    const page = await sitDown('knowledge/texts?kind=custom');
    await page.getByText('No text yet').waitFor();
    await page.keyboard.press('e');
    const editor = page.getByRole('dialog', { name: 'About the business' });
    await editor.getByLabel('Text').fill('We are closed on Mondays.');
    await page.keyboard.press('Escape');
    await page.getByText('What you have written is lost.').waitFor();
    await assertAccessible(page, 'asking before it is lost');
  });

  it('lets only owners and admins write what the model is told', async () => {
    const content = 'Be brief.';
    await owner.post('/knowledge-bases', {
      content_type: 'system_prompt',
      content,
      is_active: true,
    });
    const page = await sitDown('knowledge/texts?kind=system_prompt', { account: NORA });
    await page.getByText('Owners and admins write this one.').waitFor();
    await page.getByText(content).waitFor();
    assert.equal(await button(page, 'Write a new version').count(), 0);
    assert.equal(await button(page, 'Take out of force').count(), 0);
    await page.getByRole('link', { name: 'FAQ' }).click();
    await button(page, 'Write a new version').waitFor();
  });

  it('puts a prompt into a draft', async () => {
    const page = await sitDown('settings/ai-agent');
    await page.getByRole('button', { name: 'Add prompt' }).click();
    const sheet = page.getByRole('dialog', { name: 'Add prompt' });
    await sheet.getByLabel('Name').fill('Winter voice');
    await sheet.getByLabel('Personality prompt').fill('Speak like snow.');
    await button(sheet, 'Save to a draft').click();
    const saving = page.getByRole('dialog', { name: 'Save to a draft' });
    await assertAccessible(page, 'a prompt for a draft');
    await button(saving, 'Save to a draft').click();
    await button(page, 'Open the draft').last().click();
    await page.locator('ins', { hasText: 'Speak like snow.' }).waitFor();
    assert.deepEqual(
      (await owner.get('/agent-prompts')).items.filter(({ name }) => name === 'Winter voice'),
      [],
    );
    await button(page, 'Publish').click();
    await page.getByText(/^Published as version \d+/).waitFor();
    const [prompt] = (await owner.get('/agent-prompts')).items.filter(
      ({ name }) => name === 'Winter voice',
    );
    assert.equal(prompt.system_prompt, 'Speak like snow.');
  });
});
