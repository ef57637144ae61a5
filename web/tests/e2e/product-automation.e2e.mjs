// What happens by itself, as somebody sets it up: keywords that silence the bot and call it back, a rule that is tried on
// the past and then labels what comes.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { assertAccessible, launchBrowser } from './browser.mjs';
import { Visits } from './dashboard-visit.mjs';
import { ProductServer, reasonToSkip, Visitor } from './product-server.mjs';

describe('automation', { skip: reasonToSkip(), timeout: 180_000 }, () => {
  let browser, server, visits;

  before(async () => {
    [browser, server] = await Promise.all([launchBrowser(), ProductServer.start()]);
    visits = new Visits(browser, server);
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });
  afterEach(() => visits.close());

  const address = (tab) => `${server.url}/app/fennel-oak/automation${tab && `?tab=${tab}`}`;

  async function addKeyword(page, keyword, action) {
    await page.getByRole('button', { name: 'Add a keyword' }).click();
    const dialog = page.getByRole('dialog', { name: 'Add a keyword' });
    await dialog.getByLabel('Keyword').fill(keyword);
    await dialog.getByLabel('What it does').selectOption(action);
    await assertAccessible(page, 'the form of a keyword');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await page.getByText(keyword, { exact: true }).waitFor();
  }

  it('lets a keyword silence the bot and another one call it back', async () => {
    const { page } = await visits.open();
    await page.goto(address('keywords'));
    await page.getByText('No keywords yet').waitFor();
    await assertAccessible(page, 'no keywords');
    await addKeyword(page, 'arrête', 'DISABLE_AI');
    await addKeyword(page, 'come back', 'ENABLE_AI');

    const visitor = await Visitor.begin(server.url, server.channelKey);
    assert.ok((await visitor.ask('Hello')).answer);
    assert.equal((await visitor.ask('Arrete!')).answer, null);
    assert.equal((await visitor.ask('Hello?')).answer, null);
    const { answer } = await visitor.ask('Please come back');
    assert.equal(answer.text, 'I am back. What would you like to know?');

    await page.goto(`${server.url}/app/fennel-oak/inbox/${visitor.conversationId}`);
    await page.getByText('The keyword “arrête” took over from the AI').waitFor();
    await page.getByText('The keyword “come back” gave this back to the AI').waitFor();
  });

  it('says items of a collection in turn', async () => {
    const { page } = await visits.open();
    await page.goto(address('collections'));
    await page.getByRole('button', { name: 'Add a collection' }).click();
    const dialog = page.getByRole('dialog', { name: 'Add a collection' });
    await dialog.getByLabel('Name').fill('Tips');
    await dialog.getByLabel('Id', { exact: true }).fill('tips');
    await dialog.getByLabel('Items, one a line').fill('Oil it.\nDust it.\n');
    await assertAccessible(page, 'the form of a collection');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByText('2 items').waitFor();

    await page.goto(address('keywords'));
    await page.getByRole('button', { name: 'Add a keyword' }).click();
    const keyword = page.getByRole('dialog', { name: 'Add a keyword' });
    await keyword.getByLabel('Keyword').fill('tip');
    await keyword.getByLabel('What it does').selectOption('REPLY');
    await keyword.getByLabel('Reply from').selectOption('tips');
    await keyword.getByRole('button', { name: 'Save' }).click();
    await page.getByText('→ Give a fixed reply: tips').waitFor();
    const visitor = await Visitor.begin(server.url, server.channelKey);
    for (const text of ['Oil it.', 'Dust it.', 'Oil it.']) {
      assert.equal((await visitor.ask('a tip, please')).answer.text, text);
    }
  });

  it('tries a rule on the past, then labels what comes', async () => {
    const api = await server.signIn();
    await api.post('/labels', { name: 'Asks about oil', color: 'green' });
    const before = await Visitor.begin(server.url, server.channelKey);
    await before.ask('Which oil is right for walnut?');

    const { page } = await visits.open();
    await page.goto(address(''));
    await page.getByText('No rules yet').waitFor();
    await assertAccessible(page, 'no rules');
    await page.getByRole('button', { name: 'Add a rule' }).click();
    const dialog = page.getByRole('dialog', { name: 'Add a rule' });
    await dialog.getByLabel('Name').fill('Mark oil');
    await dialog.getByLabel('When').selectOption('message.created');
    await dialog.getByRole('button', { name: 'Add a condition' }).click();
    await dialog.getByLabel('What is compared').selectOption('text');
    await dialog.getByLabel('How').selectOption('contains');
    await dialog.getByLabel('With what').fill('right for walnut');
    await dialog.getByLabel('What is done').selectOption('label');
    await dialog.getByLabel('Label', { exact: true }).selectOption({ label: 'Asks about oil' });
    await dialog.getByRole('button', { name: 'Try on the past' }).click();
    await dialog.getByText(/^It would have fired for 1 of [\d,]+ events\.$/).waitFor();
    await dialog.getByText('“Which oil is right for walnut?”').waitFor();
    await assertAccessible(page, 'a rule that was tried');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { name: 'Mark oil' }).waitFor();

    const visitor = await Visitor.begin(server.url, server.channelKey);
    await visitor.ask('And what is right for WALNUT in winter?');
    await page.getByText('Fired 1 time').waitFor();
    await assertAccessible(page, 'a rule that has fired');
    await page.getByRole('link', { name: 'Log' }).click();
    await page.getByText('Done', { exact: true }).waitFor();
    await assertAccessible(page, 'the log');
    await page.getByRole('link', { name: 'Conversation' }).click();
    await page.getByText('The rule “Mark oil” added the label Asks about oil').waitFor();
  });

  it('gives a channel several agents, and says which one would answer', async () => {
    const api = await server.signIn();
    for (const name of ['Seller', 'Helper']) {
      await api.post('/agent-prompts', { name, system_prompt: `Be the ${name}.` });
    }
    const { page } = await visits.open();
    await page.goto(`${server.url}/app/fennel-oak/settings/ai-agent`);
    const agents = page.getByRole('region', { name: 'Agents', exact: true });
    await agents.getByText('No agents').waitFor();

    async function add(name, prompt, field, value) {
      await agents.getByRole('button', { name: 'Add an agent' }).click();
      const dialog = page.getByRole('dialog', { name: 'Add an agent' });
      await dialog.getByLabel('Name', { exact: true }).fill(name);
      await dialog.getByLabel('Id', { exact: true }).fill(name.toLowerCase());
      await dialog
        .getByLabel('Prompt of the library', { exact: true })
        .selectOption({ label: prompt });
      await dialog.getByRole('button', { name: 'Add a condition' }).click();
      await dialog.getByLabel('What is compared').selectOption(field);
      if (field === 'text') {
        await dialog.getByLabel('How').selectOption('has_words');
        await dialog.getByLabel('With what').fill(value);
      } else {
        await dialog.getByLabel('With what').selectOption(value);
      }
      await assertAccessible(page, 'the form of an agent');
      await dialog.getByRole('button', { name: 'Save' }).click();
      await dialog.waitFor({ state: 'hidden' });
      await agents.getByText(name, { exact: true }).waitFor();
    }
    await add('Sales', 'Seller', 'intent', 'price');
    await add('Oils', 'Helper', 'text', 'walnut oil');

    const line = agents.getByLabel('Try a message');
    const ask = agents.getByRole('button', { name: 'Who answers?' });
    await line.fill('What is the price of walnut oil?');
    await ask.click();
    await agents.getByText('Sales answers.').waitFor();
    await agents.getByText('Understood as: a price.').waitFor();
    await agents.getByRole('button', { name: 'Move Oils up' }).click();
    await agents.locator('li').first().getByText('Oils', { exact: true }).waitFor();
    await assertAccessible(page, 'the agents of a channel');
    await line.fill('The price of walnut oil?');
    await ask.click();
    await agents.getByText('Oils answers.').waitFor();
    await line.fill('Good morning');
    await ask.click();
    await agents.getByText('No agent: the channel’s own instructions count.').waitFor();
  });

  it('speaks French', async () => {
    const { page } = await visits.open({ locale: 'fr-FR' });
    await page.goto(address('log'));
    await page.getByRole('heading', { name: 'Automatisation' }).waitFor();
    await page.getByText('Un visiteur écrit').waitFor();
    await page.goto(address(''));
    await page.getByRole('button', { name: 'Ajouter une règle' }).click();
    await page.getByLabel('Quand').selectOption('no_reply');
    await page.getByLabel('Minutes sans réponse').waitFor();
    await assertAccessible(page, 'the form of a rule in French');
  });
});
