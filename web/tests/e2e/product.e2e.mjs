// The whole product, as it is shipped: the real server with a real shop's knowledge, and Chromium on
// both sides of it. What the two clients do in every detail is for the suites with the fake servers.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { assertAccessible, launchBrowser, openPage } from './browser.mjs';
import { CustomerPage } from './customer-page.mjs';
import { DashboardPage, WidgetPage } from './page-objects.mjs';
import { FakeModel, HOLD } from './product-model.mjs';
import { ProductServer, reasonToSkip } from './product-server.mjs';

const HONEST = /do not have a reliable answer/;
/** What Chromium says by itself about requests that a cut has ended. */
const OFFLINE = /ERR_INTERNET_DISCONNECTED|ERR_NETWORK_CHANGED|Failed to fetch/;
const WIDE = { viewport: { width: 1440, height: 900 } };

describe('product', { skip: reasonToSkip(), timeout: 240_000 }, () => {
  let browser, server, site;
  let visits = [];

  before(async () => {
    [browser, server] = await Promise.all([launchBrowser(), ProductServer.start()]);
    site = await new CustomerPage(server.url).listen();
  });
  after(async () => {
    await browser?.close();
    site?.close();
    await server?.stop();
  });
  afterEach(async () => {
    for (const { context, record, expected } of visits) {
      await context.close();
      assert.deepEqual(record.violations, [], 'CSP violations');
      const errors = record.errors.filter((text) => !expected?.test(text));
      assert.deepEqual(errors, [], 'errors in the console');
      const strangers = [...record.origins].filter((one) => one !== server.url && one !== site.url);
      assert.deepEqual(strangers, [], 'third parties');
    }
    visits = [];
  });

  /** A fresh browser profile. `expected`: what its console may complain about. */
  async function open({ expected, ...options } = {}) {
    const opened = await openPage(browser, options);
    opened.page.setDefaultTimeout(30_000);
    visits.push({ ...opened, expected });
    return opened;
  }

  /** A new visitor with the panel open. */
  async function visit(address, options) {
    const opened = await open(options);
    await opened.page.goto(address ?? `${site.url}/?channel=${server.channelKey}`);
    const widget = new WidgetPage(opened.page);
    await widget.launcher.waitFor();
    await widget.open();
    return { ...opened, widget };
  }

  async function openDashboard(path = '/app/', options = WIDE) {
    const { page } = await open({ ...options, expected: /status of 401/ });
    await page.goto(server.url + path);
    return new DashboardPage(page);
  }

  /** What the visitor sees when all is said. */
  async function answerTo(widget, question, number) {
    await widget.ask(question);
    await widget.answer(number);
    return widget.teamBubbles.last().innerText();
  }

  it('answers from the knowledge, admits a gap, and has learned by the next question', async () => {
    const { page, widget } = await visit();
    await assertAccessible(page, 'open and new');
    assert.match(await answerTo(widget, 'Do you ship to Belgium?', 0), /€4\.95/);
    assert.equal(await widget.sources.first().innerText(), 'Do you ship to Belgium?');
    await assertAccessible(page, 'answered');

    await widget.button('Not helpful').click();
    const rated = page.waitForResponse((one) => /"comment"/.test(one.request().postData()));
    await widget.panel.getByLabel('What was wrong?').fill('I live in Spain');
    await page.keyboard.press('Enter');
    assert.deepEqual(await (await rated).json(), { value: 'down', comment: 'I live in Spain' });
    const { items } = await server.api.get(`/conversations/${await latestId()}/messages`);
    assert.equal(items.at(-1).answer.feedback, 'down');

    const question = 'Can I rent a pony from you?';
    assert.match(await answerTo(widget, question, 1), HONEST);
    assert.match(await widget.chips.first().innerText(), /Talk to a person/);
    await assertAccessible(page, 'not answered');
    const gap = (await openGaps()).find((one) => one.question === question);
    assert.equal(gap.conversation_id, await latestId());

    const learned = 'Yes: Bella, our pony, is yours for **€30** an hour.';
    await server.api.post(`/gaps/${gap.id}/resolve`, { answer: learned });
    assert.equal(await answerTo(widget, question, 2), learned.replaceAll('*', ''));
    assert.match(await answerTo(widget, 'do you rent out ponies?', 3), /Bella/);
    assert.deepEqual(await openGaps(), []);

    await page.reload();
    await widget.answer(3);
    assert.equal(await widget.visitorBubbles.count(), 4);
    assert.equal(await widget.teamBubbles.count(), 5);
  });

  it('streams what a language model writes, and gives the approved text when it fails', async (test) => {
    const model = await new FakeModel().listen();
    test.after(() => {
      model.release();
      model.close();
    });
    const { id } = await server.api.post('/llm-credentials', model.credential);
    model.reply = () => [
      'Yes, parcels arrive in **two wor',
      'king days** [1]. They cost €500',
      ' to Belgium [1]. ',
      HOLD,
      'Parcels cost €4.95 [1].',
    ];
    const { page, widget } = await visit();
    await widget.ask('Do you ship to Belgium?');
    await widget.teamBubbles.nth(1).getByText('two working days').waitFor();
    await widget.stopButton.waitFor();
    await assertAccessible(page, 'streaming');
    model.release();
    await widget.answer();
    // what its source does not say was never shown
    assert.equal(
      await widget.teamBubbles.nth(1).innerText(),
      'Yes, parcels arrive in two working days. Parcels cost €4.95.',
    );
    assert.equal(await widget.sources.innerText(), 'Do you ship to Belgium?');
    model.reply = () => null;
    assert.match(await answerTo(widget, 'And to France?', 1), /€/);
    await server.api.send('DELETE', `/llm-credentials/${id}`);
  });

  it('brings a person’s reply across a cut of the network, once', async () => {
    const { context, page, widget } = await visit(undefined, { expected: OFFLINE });
    await answerTo(widget, 'Do you ship to France?', 0);
    await context.setOffline(true);
    await widget.panel.getByText('You are offline.').waitFor();
    const person = await server.signIn();
    const reply = { client_message_id: 'once', text: 'I looked it up: **Thursday**.' };
    const path = `/conversations/${await latestId()}`;
    await person.post(`${path}/messages`, reply);
    await person.post(`${path}/messages`, reply);
    await context.setOffline(false);
    await widget.panel.getByText('I looked it up: Thursday.').waitFor();
    assert.equal(await widget.sender.innerText(), 'Demo owner');
    await widget.banner.getByText('A person will answer here.').waitFor();
    await assertAccessible(page, 'a person has taken over');

    const asked = page.waitForResponse('**/messages');
    await widget.ask('Do you ship to Germany?');
    assert.doesNotMatch(await (await asked).text(), /event: (delta|answer)/);
    assert.equal((await server.api.get(path)).ai_paused, true);
    assert.equal(await widget.teamBubbles.count(), 3);
    await page.reload();
    await widget.visitorBubbles.nth(1).waitFor();
    assert.equal(await widget.teamBubbles.count(), 3);
  });

  it('hands over to a person in the dashboard, and is awake again after “resolved”', async () => {
    const { widget } = await visit();
    await widget.ask('My sideboard arrived scratched, order 4711');
    await widget.answer(0);
    await widget.button('Talk to a person').first().click();
    await widget.banner.getByText('A person will answer here.').waitFor();

    const desk = await openDashboard();
    await desk.signIn({ ...server.account, password: 'not the password' });
    await desk.alert.getByText('The address or the password is not right.').waitFor();
    await desk.signIn(server.account);
    await desk.row('Needs a person').first().waitFor();
    await assertAccessible(desk.page, 'inbox');
    await desk.rows.first().click();
    await desk.log.getByText('arrived scratched').waitFor();
    await desk.page.getByText('Handed over').waitFor();
    await desk.reply.fill('Please send a picture to care@fennel-oak.example.');
    await desk.page.keyboard.press('Control+Enter');
    await widget.panel.getByText('Please send a picture').waitFor();
    assert.equal(await widget.sender.innerText(), 'Demo owner');
    await widget.ask('Done, thank you');
    await desk.log.getByText('Done, thank you').waitFor();
    await assertAccessible(desk.page, 'conversation');
    await desk.button('Resolve').click();
    await widget.banner.getByText('This conversation is closed.').waitFor();

    await answerTo(widget, 'Do you ship to Belgium?', 1);
    assert.equal(await widget.banner.isVisible(), false);
    await desk.log.getByText('€4.95').waitFor();
    await desk.button('Resolve').waitFor();
    for (const [section, path] of [
      ['Gap queue', 'gaps'],
      ['Knowledge', 'knowledge'],
      ['Widget', 'widget'],
    ]) {
      await desk.goTo(section);
      await assertAccessible(desk.page, path);
    }
  });

  for (const [path, question, answer] of [
    ['/demo', 'Do you ship to Belgium?', /Belgium is where we are at home/],
    ['/demo/fr.html', 'Livrez-vous en Belgique ?', /Les colis .* coûtent 4,95\s€/],
  ]) {
    it(`answers in the language of ${path}`, async () => {
      const locale = path === '/demo' ? 'en-GB' : 'fr-FR';
      const { page, widget } = await visit(server.url + path, { locale });
      assert.match(await answerTo(widget, question, 0), answer);
      await assertAccessible(page, path);
      const overflow = await page.evaluate(() => document.body.scrollWidth - innerWidth);
      assert.ok(overflow <= 0, `${overflow} px too wide`);
    });
  }

  it('answers every question that the demonstration suggests', async () => {
    const settings = await (await fetch(`${server.url}/api/widget/${server.channelKey}`)).json();
    assert.ok(settings.suggested_messages.length > 0);
    for (const question of settings.suggested_messages) {
      const { answer } = await server.api.post('/ask', { question });
      assert.equal(answer.gap_detected, false, question);
    }
  });

  it('greets whoever tries it with a lived-in inbox', async () => {
    const desk = await openDashboard('/app/sign-in?next=/app/fennel-oak/inbox?view=all');
    await desk.signIn(server.account);
    await desk
      .row('Camille Aubert')
      .filter({ hasText: /1 ?hr? ago/ })
      .click();
    await desk.log.getByText('deux bols Salt partent').waitFor();
    await desk.log.getByText('The parcel left at 12:40').waitFor();
    await desk.page.getByText('Damage', { exact: true }).first().waitFor();
  });

  it('takes in a new business, from signing up to its first visitor', async () => {
    const account = {
      business: 'Atelier Noyer',
      name: 'Sarah Petit',
      email: 'sarah@noyer.example',
      password: 'walnut desk by the window',
    };
    const desk = await openDashboard('/app/sign-up');
    await desk.signUp(account);
    await desk.goTo('Inbox');
    await desk.page.getByText('No conversations yet').waitFor();
    await assertAccessible(desk.page, 'empty inbox');

    await desk.goTo('Knowledge');
    await desk.page.locator('header').getByRole('button', { name: 'Add answer' }).click();
    const dialog = desk.page.getByRole('dialog');
    await dialog.getByLabel('Question').fill('Is the walnut oiled?');
    await dialog.getByLabel('Answer').fill('Yes, **twice**, with linseed oil.');
    await dialog.getByRole('button', { name: 'Save', exact: true }).click();
    await desk.button('Is the walnut oiled?').waitFor();

    await desk.goTo('Widget');
    await desk.page.getByRole('link', { name: 'Install' }).click();
    const [, channel] = /data-channel="([^"]+)"/.exec(
      await desk.page.getByLabel('Script tag').innerText(),
    );
    await desk.goTo('Inbox');
    const { widget } = await visit(`${site.url}/?channel=${channel}`);
    assert.equal(
      await answerTo(widget, 'Is your walnut oiled?', 0),
      'Yes, twice, with linseed oil.',
    );
    await desk.rows.first().click();
    await desk.log.getByText('Is your walnut oiled?').waitFor();
    await desk.reply.fill('And waxed once.');
    await desk.button('Send').click();
    await widget.panel.getByText('And waxed once.').waitFor();
    assert.equal(await widget.sender.innerText(), 'Sarah Petit');
    await desk.button('Resolve').click();
    await widget.banner.getByText('This conversation is closed.').waitFor();

    await desk.signOut();
    await desk.page.waitForURL('**/app/sign-in**');
    await desk.signIn(account);
    await desk.page.waitForURL('**/app/atelier-noyer/**');
    await desk.page.getByRole('link', { name: 'All', exact: true }).click();
    await desk.row('And waxed once.').waitFor();
  });

  /** The conversation in which something happened last. */
  async function latestId() {
    const { items } = await server.api.get('/conversations?limit=1');
    return items[0].id;
  }

  async function openGaps() {
    return (await server.api.get('/gaps?status=open')).items;
  }
});
