// From a new account to the first visit on a page of the business's own site, on the real server.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assertAccessible, launchBrowser, openPage } from './browser.mjs';
import { CustomerPage } from './customer-page.mjs';
import { DashboardPage, WidgetPage } from './page-objects.mjs';
import { ProductServer, reasonToSkip } from './product-server.mjs';

const WIDE = { viewport: { width: 1440, height: 900 } };

describe('onboarding', { skip: reasonToSkip(), timeout: 240_000 }, () => {
  let browser, server, site;

  before(async () => {
    [browser, server] = await Promise.all([launchBrowser(), ProductServer.start()]);
    site = await new CustomerPage(server.url).listen();
  });
  after(async () => {
    await browser?.close();
    site?.close();
    await server?.stop();
  });

  async function signUp(options, business) {
    const { page, record } = await openPage(browser, options);
    page.setDefaultTimeout(30_000);
    const isFrench = options.locale?.startsWith('fr');
    await page.goto(`${server.url}/app/sign-up`);
    const slug = business.toLowerCase().replaceAll(' ', '-');
    if (!isFrench) {
      const desk = new DashboardPage(page);
      await desk.signUp({
        business,
        name: 'Sarah Petit',
        email: `sarah@${slug}.example`,
        password: 'walnut desk by the window',
      });
    } else {
      const fields = page.locator('form input');
      await fields.nth(0).fill(business);
      await fields.nth(1).fill('Sarah Petit');
      await fields.nth(2).fill(`sarah@${slug}.example`);
      await fields.nth(3).fill('noyer devant la fenêtre');
      await page.locator('form button[type=submit]').click();
    }
    await page.waitForURL('**/home');
    return { page, record, step: (id) => page.locator(`[data-step=${id}]`) };
  }

  it('leads from signing up to an own answer, and to the first visit, which ticks by itself', async () => {
    const { page, record, step } = await signUp(WIDE, 'Atelier Noyer');
    await page.getByText('0/6').waitFor();
    await assertAccessible(page, 'first steps');
    const pairs = [
      ['Is the walnut oiled?', 'Yes, **twice**, with linseed oil.'],
      ['Do you ship to Belgium?', 'Yes, for €12.'],
      ['Can I visit the workshop?', 'On Saturdays, from ten to four.'],
    ];
    for (const [question, answer] of pairs) {
      await step('add_knowledge').getByLabel('Question', { exact: true }).fill(question);
      await step('add_knowledge').getByLabel('Answer', { exact: true }).fill(answer);
      await step('add_knowledge').getByRole('button', { name: 'Add' }).click();
      await page.getByText(`✓ ${question}`).waitFor();
    }
    await page.getByText('1/6').waitFor();
    await page.getByRole('button', { name: 'Next step' }).click();

    for (const [count, question] of [
      'Do you ship to Belgium?',
      'Is your walnut oiled?',
    ].entries()) {
      await step('ask_test').getByLabel('Your question').fill(question);
      await step('ask_test').getByRole('button', { name: 'Ask', exact: true }).click();
      await page.getByText(`${count + 1}/3`).waitFor();
    }
    const answer = page.getByTestId('test-answer');
    assert.equal(await answer.innerText(), 'Yes, twice, with linseed oil.');
    assert.match(await page.getByTestId('test-trace').innerText(), /Your approved answer/);
    await assertAccessible(page, 'an answer and its trace');
    await step('ask_test').getByLabel('Your question').fill('Do you ship to Belgium?');
    await step('ask_test').getByRole('button', { name: 'Ask', exact: true }).click();
    await page.getByText('2/6').waitFor();
    await page.getByRole('button', { name: 'Next step' }).click();

    const tag = await step('install_widget').getByLabel('Script tag').innerText();
    const [, channel] = /data-channel="([^"]+)"/.exec(tag);
    await step('install_widget').getByText('Waiting for the first visit').waitFor();
    const visitor = await openPage(browser);
    await visitor.page.goto(`${site.url}/?channel=${channel}`);
    const widget = new WidgetPage(visitor.page);
    await widget.open();
    await widget.ask('Is the walnut oiled?');
    await widget.answer(0);
    assert.equal(await widget.teamBubbles.nth(1).innerText(), 'Yes, twice, with linseed oil.');
    await page.getByText('3/6').waitFor();
    // the day shows as soon as there is something to count
    await page.getByRole('heading', { name: 'Today' }).waitFor();
    await page.getByRole('link', { name: /Automation rate 100/ }).waitFor();
    await assertAccessible(page, 'steps and today');
    for (const [card, title] of [
      [/^Conversations 1/, 'Conversations'],
      [/^Automation rate/, 'Automation rate'],
    ]) {
      await page.getByRole('link', { name: card }).click();
      const sheet = page.getByRole('dialog', { name: title });
      await sheet.getByRole('link', { name: /twice, with linseed/ }).waitFor();
      await page.goBack();
    }
    await page.getByRole('link', { name: /^Needs a person 0/ }).click();
    await page.waitForURL('**/inbox?view=needs_person');
    await page.goBack();
    await page.getByRole('button', { name: 'Hide' }).click();
    await page.getByRole('button', { name: 'Show the steps' }).waitFor();
    assert.deepEqual([record.violations, visitor.record.violations], [[], []]);
    assert.deepEqual(
      record.errors.filter((text) => !/status of 401/.test(text)),
      [],
    );
    await visitor.context.close();
  });

  it('begins with a file, and leads to the second chat', async () => {
    const { page, step } = await signUp(WIDE, 'Lampes Mercier');
    await step('add_knowledge').getByRole('link', { name: 'CSV file' }).click();
    await step('add_knowledge').getByRole('button', { name: 'Import CSV' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Choose a CSV file').setInputFiles({
      name: 'questions.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from(
        'question,answer\nDo you rewire lamps?,Yes.\nDo you buy lamps?,No.\nWhere are you?,In Namur.\n',
      ),
    });
    await dialog.getByRole('button', { name: 'Import 3 rows' }).click();
    await dialog.getByText('3 answers added.').waitFor();
    await dialog.getByRole('button', { name: 'Done' }).click();
    await page.getByText('1/6').waitFor();
    await page.getByRole('button', { name: 'Next step' }).click();
    await step('ask_test').getByRole('button', { name: 'Where are you?' }).click();
    assert.equal(await page.getByTestId('test-answer').innerText(), 'In Namur.');
    await step('connect_channel').getByRole('link').click();
    await page.getByRole('link', { name: 'Web chat' }).click();
    const naming = page.getByRole('dialog', { name: 'New web chat' });
    await naming.getByLabel('Name').fill('The workshop');
    await naming.getByRole('button', { name: 'Create' }).click();
    await page.waitForURL(/\/widget\/[^?]+\?tab=install/);
    await page.getByRole('link', { name: 'Home' }).click();
    await page.getByText('2/6').waitFor();
  });

  it('begins with a template in French, on a phone and in the dark', async () => {
    const options = {
      viewport: { width: 375, height: 800 },
      locale: 'fr-FR',
      colorScheme: 'dark',
    };
    const { page, step } = await signUp(options, 'Chez Odile');
    await page.getByRole('heading', { name: 'Accueil · Chez Odile' }).waitFor();
    await step('add_knowledge').getByRole('link', { name: 'Modèle pour boutique' }).click();
    await page.getByText('Quels sont vos horaires ?').waitFor();
    const first = page.getByLabel('Réponse à : Quels sont vos horaires ?');
    await first.fill('Nous sommes ouverts tous les jours.');
    await assertAccessible(page, 'modèle');
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(overflow <= 0, `${overflow} px too wide`);
    await page.getByRole('button', { name: /Ajouter 15 réponses/ }).click();
    await page.getByText('1/6').waitFor();
  });
});
