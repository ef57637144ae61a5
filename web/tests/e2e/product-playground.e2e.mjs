// Trying the bot out before visitors meet it, and setting how it behaves: on the real server.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assertAccessible, launchBrowser, openPage } from './browser.mjs';
import { DashboardPage } from './page-objects.mjs';
import { FakeModel } from './product-model.mjs';
import { ProductServer, reasonToSkip } from './product-server.mjs';

const WIDE = { viewport: { width: 1440, height: 900 } };

describe('playground', { skip: reasonToSkip(), timeout: 240_000 }, () => {
  let browser, server, model;

  before(async () => {
    [browser, server, model] = await Promise.all([
      launchBrowser(),
      ProductServer.start(),
      new FakeModel().listen(),
    ]);
  });
  after(async () => {
    await browser?.close();
    model?.close();
    await server?.stop();
  });

  async function openDashboard(path, options = WIDE) {
    const opened = await openPage(browser, options);
    opened.page.setDefaultTimeout(30_000);
    await opened.page.goto(`${server.url}/app/`);
    await new DashboardPage(opened.page).signIn(server.account);
    await opened.page.getByRole('link', { name: 'Knowledge' }).first().waitFor();
    await opened.page.goto(`${server.url}/app/fennel-oak${path}`);
    return opened;
  }

  it('shows how an answer came about, and two variants side by side', async () => {
    const { page, record } = await openDashboard('/playground');
    await page.getByText('From your newest answers').waitFor();
    await assertAccessible(page, 'empty playground');
    await page.getByLabel('Question').fill('Do you ship to Belgium?');
    await page.keyboard.press('Enter');
    const trace = page.getByRole('region', { name: 'Decision', exact: true });
    await trace.getByText('Approved text given').waitFor();
    await trace.getByRole('cell', { name: 'Do you ship to Belgium?' }).waitFor();
    await trace.getByText('No model was asked.').waitFor();
    await assertAccessible(page, 'a trace');

    model.reply = () => ['Yes, for **€4.95** [1]. Refunds take 500 days [1].'];
    const { id } = await server.api.post('/llm-credentials', model.credential);
    await page.reload();
    await page.getByRole('switch', { name: 'Compare two variants' }).click();
    await page.waitForURL(/compare=1/);
    await page.getByRole('group', { name: 'Variant B' }).getByLabel('Model').selectOption('none');
    await page.waitForURL(/b\.model=none/);
    await page.getByRole('button', { name: 'Ask', exact: true }).click();
    const [a, b] = ['A', 'B'].map((name) =>
      page.getByRole('region', { name: `Variant ${name}`, exact: true }),
    );
    await a.getByText('Answered by the model').waitFor();
    await b.getByText('Approved text given').waitFor();
    await a.getByTitle('Differs from the other variant').first().waitFor();
    await a.getByRole('heading', { name: 'Left out: no source backs it' }).waitFor();
    await a.getByText('A number that stands in no source it cites').waitFor();
    await a.getByText('Cost unknown').waitFor();
    await a.getByText('System', { exact: true }).click();
    await a.getByText('### Passages').waitFor();
    await assertAccessible(page, 'side by side');
    await page.emulateMedia({ colorScheme: 'dark' });
    await assertAccessible(page, 'side by side, dark');
    const asked = (await server.api.get('/conversations')).items.length;
    await page.getByRole('button', { name: 'Run again' }).click();
    await a.getByText('Answered by the model').waitFor();
    assert.equal((await server.api.get('/conversations')).items.length, asked, 'nothing is stored');
    await page.setViewportSize({ width: 375, height: 760 });
    const beyond = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(beyond <= 0, 'nothing stands beyond the edge');
    await b.getByRole('link', { name: 'Open the Q&A pair' }).click();
    await page.getByRole('dialog').getByLabel('Question', { exact: true }).waitFor();
    await server.api.send('DELETE', `/llm-credentials/${id}`);
    assert.deepEqual(record.violations, []);
    assert.deepEqual(
      record.errors.filter((text) => !/status of 401/.test(text)),
      [],
    );
  });

  it('compares thresholds and prompts, and says what each answer costs', async () => {
    model.reply = () => ['Yes, for **€4.95** [1].'];
    const prices = { input_price: 3, output_price: 15 };
    const credential = { ...model.credential, ...prices, label: 'Priced' };
    const { id } = await server.api.post('/llm-credentials', credential);
    const { page, context } = await openDashboard(
      '/playground?compare=1&a.threshold=0.5&b.threshold=0.95',
    );
    const group = (name) => page.getByRole('group', { name: `Variant ${name}` });
    const side = (name) => page.getByRole('region', { name: `Variant ${name}`, exact: true });
    await group('B').getByLabel('Personality prompt').selectOption('own');
    await group('B').getByLabel('Written here').fill('Answer in verse.');
    await page.getByLabel('Question').fill('Do you ship to Belgium?');
    await page.keyboard.press('Enter');
    await side('A')
      .getByText(/needed 50\.0%/)
      .waitFor();
    await side('B')
      .getByText(/needed 95\.0%/)
      .waitFor();
    for (const name of ['A', 'B']) {
      await side(name).getByText('Answered by the model').waitFor();
      await side(name)
        .getByText(/^Cost 0\.0/)
        .waitFor();
    }
    await side('B').getByText('System', { exact: true }).click();
    await side('B').getByText('Answer in verse.').waitFor();
    assert.equal(await side('A').getByText('Answer in verse.').count(), 0);
    await page.reload();
    assert.equal(await group('B').getByLabel('Confidence needed').inputValue(), '0.95');
    await server.api.send('DELETE', `/llm-credentials/${id}`);
    await context.close();
  });

  it('sets how sure the bot must be, and shares a prompt', async () => {
    const { page } = await openDashboard('/settings/ai-agent');
    await page.getByRole('button', { name: 'Add prompt' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('Short and kind');
    await dialog.getByLabel('Personality prompt').fill('Answer {{business.name}} in one line.');
    await dialog.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('button', { name: 'Short and kind' }).waitFor();
    await page.getByLabel('Instructions for the model').selectOption({ label: 'Short and kind' });
    await page.getByLabel('Confidence needed to answer').fill('0.9');
    await page.getByText('Answers only when it is very sure').waitFor();
    await assertAccessible(page, 'AI agent');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.', { exact: true }).waitFor();
    await page.getByText(/^Used by/).waitFor();
    const { settings } = (await server.api.get('/channels')).items[0];
    assert.equal(settings.confidence_threshold, 0.9);
  });
});
