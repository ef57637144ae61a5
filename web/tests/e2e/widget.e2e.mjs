// The built widget in Chromium, on a hostile page with a strict CSP, against a fake Widget API.
// Every test also checks that the page stayed clean: no CSP violation, no error, no cookie, and no
// request to anyone but the page's own host and the widget's.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { assertAccessible, launchBrowser, openPage, settleAnimations } from './browser.mjs';
import { CustomerPage } from './customer-page.mjs';
import { CHANNEL, FakeWidgetApi } from './fake-widget-api.mjs';
import { WidgetPage } from './page-objects.mjs';

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

describe('widget', { timeout: 120_000 }, () => {
  let browser, api, site;
  let visits = [];

  before(async () => {
    browser = await launchBrowser();
    api = await new FakeWidgetApi().listen();
    site = await new CustomerPage(api.url).listen();
  });
  after(async () => {
    await browser?.close();
    api?.close();
    site?.close();
  });
  afterEach(async () => {
    for (const { context, record, mayFail } of visits) {
      const cookies = await context.cookies();
      await context.close();
      assert.deepEqual(cookies, [], 'cookies');
      assert.deepEqual(record.violations, [], 'CSP violations');
      if (!mayFail) assert.deepEqual(record.errors, [], 'errors in the console');
      const strangers = [...record.origins].filter((one) => one !== api.url && one !== site.url);
      assert.deepEqual(strangers, [], 'third parties');
    }
    visits = [];
    api.conversations.clear();
    api.requests.length = 0;
  });

  /** A new visitor's page. `mayFail`: the test breaks the network on purpose. */
  async function visit({ channel = {}, query = '', mayFail = false, ...options } = {}) {
    api.channels.ch_demo = { ...CHANNEL, ...channel };
    const opened = await openPage(browser, options);
    visits.push({ ...opened, mayFail });
    await opened.page.goto(`${site.url}/${query}`);
    const widget = new WidgetPage(opened.page);
    await widget.launcher.waitFor();
    return { ...opened, widget };
  }

  const posts = (path) =>
    api.requests.filter((one) => one.method === 'POST' && one.path.endsWith(path));
  const stored = (page) => page.evaluate(() => Object.keys(localStorage));

  it('answers a question with its sources, and says the answer once to a screen reader', async () => {
    const { page, widget } = await visit();
    await assertAccessible(page, 'bubble');
    await widget.open();
    assert.match(await widget.teamBubbles.first().innerText(), /I’m the Fennel & Oak assistant/);
    await assertAccessible(page, 'open and new');
    await widget.ask('Do you ship? Please wait');
    await widget.teamBubbles.nth(1).waitFor();
    await widget.stopButton.waitFor();
    assert.equal(await widget.status.innerText(), '');
    await assertAccessible(page, 'streaming');
    api.release();
    await widget.answer();
    assert.equal(await widget.teamBubbles.nth(1).locator('li').count(), 3);
    const source = widget.link('Shipping & delivery');
    assert.equal(await source.getAttribute('href'), 'https://shop.example/shipping');
    assert.equal(await source.getAttribute('rel'), 'noopener nofollow');
    assert.match(await widget.status.innerText(), /^AI assistant: Yes, we ship .* ships free\.$/);
    assert.equal(await widget.visitorBubbles.count(), 1);
    await assertAccessible(page, 'answered');
  });

  it('asks a suggested question, and then suggests what the answer brings', async () => {
    const { widget } = await visit();
    await widget.open();
    assert.deepEqual(await widget.chips.allInnerTexts(), [
      ...CHANNEL.suggested_messages,
      'Book a meeting',
    ]);
    await widget.chips.first().click();
    await widget.answer();
    assert.equal(await widget.visitorBubbles.innerText(), 'Do you ship to Belgium?');
    assert.deepEqual(await widget.chips.allInnerTexts(), [
      'How do I track my parcel?',
      'What does returning cost?',
    ]);
  });

  it('takes a thumb up, and asks for the reason of a thumb down', async () => {
    const { page, widget } = await visit();
    await widget.open();
    await widget.ask('Hello');
    await widget.answer();
    await widget.button('Helpful').first().click();
    await widget.panel.getByRole('button', { name: 'Helpful', pressed: true }).first().waitFor();
    await widget.button('Not helpful').click();
    const reason = widget.panel.getByLabel('What was wrong?');
    await assertAccessible(page, 'asking for the reason');
    await reason.fill('I live in France');
    await reason.press('Enter');
    await widget.panel.getByText('Thank you.').waitFor();
    assert.equal(await widget.button('Not helpful').getAttribute('aria-pressed'), 'true');
    assert.deepEqual(
      posts('/feedback').map(({ body }) => body),
      [{ value: 'up' }, { value: 'down' }, { value: 'down', comment: 'I live in France' }],
    );
  });

  it('lets a failed question be asked again under the same id', async () => {
    const { page, widget } = await visit();
    await widget.open();
    await widget.ask('This is broken');
    await widget.button('Retry').waitFor();
    assert.match(await widget.delivery.innerText(), /cannot answer right now/);
    await assertAccessible(page, 'failed');
    await widget.button('Retry').click();
    await widget.answer();
    assert.ok(await widget.field.evaluate((field) => field.getRootNode().activeElement === field));
    const ids = new Set(posts('/messages').map(({ body }) => body.client_message_id));
    assert.equal(posts('/messages').length, 2);
    assert.equal(ids.size, 1);
    assert.equal(await widget.visitorBubbles.count(), 1);
    assert.equal(await widget.delivery.count(), 0);
  });

  it('goes on by itself when the connection breaks within an answer', async () => {
    const { widget } = await visit({ mayFail: true });
    await widget.open();
    await widget.ask('Please cut this');
    await widget.answer();
    assert.equal(posts('/messages').length, 2);
    assert.equal(await widget.visitorBubbles.count(), 1);
    assert.equal(await widget.teamBubbles.count(), 2);
    assert.match(
      await widget.teamBubbles.nth(1).innerText(),
      /^Yes, we ship to Belgium.*ships free/s,
    );
    assert.equal(api.conversation.messages.length, 2);
  });

  it('throws away a beginning that the server takes back', async () => {
    const { widget } = await visit();
    await widget.open();
    await widget.ask('Please rewrite');
    await widget.answer();
    assert.match(await widget.teamBubbles.nth(1).innerText(), /^Yes, we ship/);
  });

  it('waits as long as the server asks it to', async () => {
    const { page, widget } = await visit({ mayFail: true });
    await widget.open();
    await widget.ask('Are you busy?');
    await widget.panel.getByText(/Sending again in [12] s\./).waitFor();
    await assertAccessible(page, 'rate limited');
    await widget.answer();
    assert.equal(posts('/messages').length, 2);
  });

  it('stops an answer, and keeps the rest away', async () => {
    const { widget } = await visit();
    await widget.open();
    await widget.ask('Please wait');
    await widget.teamBubbles.nth(1).waitFor();
    await widget.stopButton.click();
    await widget.panel.getByText('Stopped').waitFor();
    api.release();
    await widget.ask('And now?');
    await widget.answer();
    assert.equal(await widget.teamBubbles.count(), 3);
    assert.doesNotMatch(await widget.teamBubbles.nth(1).innerText(), /ships free|\*/);
  });

  it('stores nothing before the visitor writes, brings the chat back after, and can forget it', async () => {
    const { page, widget } = await visit();
    await widget.open();
    assert.deepEqual(await stored(page), []);
    assert.equal(posts('/sessions').length, 0);
    await widget.ask('Hello');
    await widget.answer();
    assert.deepEqual(await stored(page), ['rapport:ch_demo']);
    await page.reload();
    await widget.answer();
    assert.ok(await widget.panel.isVisible(), 'the panel is open again');
    assert.equal(await widget.visitorBubbles.innerText(), 'Hello');
    assert.equal(await widget.teamBubbles.count(), 2);
    await widget.button('Forget this chat').click();
    await widget.visitorBubbles.first().waitFor({ state: 'detached' });
    assert.deepEqual(await stored(page), []);
    await page.reload();
    await widget.launcher.waitFor();
    assert.equal(await widget.panel.isVisible(), false);
  });

  it('answers on the next page what was asked on the one before', async () => {
    const { page, widget } = await visit({ mayFail: true });
    await widget.open();
    await widget.ask('Please wait');
    await widget.teamBubbles.nth(1).waitFor();
    await page.reload();
    await widget.teamBubbles.nth(1).waitFor();
    api.release();
    await widget.answer();
    assert.equal(await widget.visitorBubbles.count(), 1);
    assert.equal(await widget.teamBubbles.count(), 2);
    assert.equal(api.conversation.messages.length, 2);
  });

  it('says that it is offline, and catches up when the network is back', async () => {
    const { context, page, widget } = await visit({ mayFail: true });
    await widget.open();
    await widget.ask('Hello');
    await widget.answer();
    await context.setOffline(true);
    api.cutFeeds();
    await widget.panel.getByText('You are offline.').waitFor();
    await assertAccessible(page, 'offline');
    await widget.ask('Are you there?');
    // By a program, which has no name.
    api.sayAsPerson('This came while you were away.', null);
    await context.setOffline(false);
    await widget.panel.getByText('This came while you were away.').waitFor();
    await widget.panel.getByText('A person will answer here.').waitFor();
    await widget.send.and(widget.panel.getByLabel('Send', { exact: true })).waitFor();
    const resumed = api.requests.filter(({ path }) => path.endsWith('/events')).at(-1);
    assert.equal(resumed.headers['last-event-id'], '2');
    assert.equal(await widget.visitorBubbles.count(), 2);
    assert.equal(await widget.teamBubbles.count(), 3);
    assert.equal(await widget.sender.innerText(), 'Team');
  });

  it('misses no message that came before one of its own', async () => {
    const { context, page, widget } = await visit({ mayFail: true });
    await widget.open();
    await widget.ask('Hello');
    await widget.answer();
    // The feed stays away for a while, the question after the person's message does not.
    await page.route('**/events', (route) => route.abort());
    api.cutFeeds();
    api.sayAsPerson('Before your question');
    await widget.ask('After your message');
    await until(() => api.conversation.messages.length === 4);
    await widget.send.and(widget.panel.getByLabel('Send', { exact: true })).waitFor();
    await page.unroute('**/events');
    await context.setOffline(true);
    await context.setOffline(false);
    await widget.panel.getByText('Before your question').waitFor();
    assert.equal(await widget.visitorBubbles.count(), 2);
  });

  it('reconnects the live feed without a message lost or doubled', async () => {
    const { widget } = await visit({ mayFail: true });
    await widget.open();
    await widget.ask('Hello');
    await widget.answer();
    for (const text of ['One', 'Two', 'Three']) {
      api.cutFeeds();
      api.sayAsPerson(text);
      await widget.panel.getByText(text, { exact: true }).waitFor();
    }
    assert.deepEqual((await widget.teamBubbles.allInnerTexts()).slice(2), ['One', 'Two', 'Three']);
  });

  it('hands over to a person, who then answers by name', async () => {
    const { page, widget } = await visit();
    await widget.open();
    await widget.ask('Can I talk to a person?');
    await widget.answer();
    assert.equal(await widget.chips.first().innerText(), 'Talk to a person');
    await widget.chips.first().click();
    await widget.banner.getByText('A person will answer here.').waitFor();
    assert.equal(await widget.chips.count(), 0);
    assert.equal(await widget.button('Talk to a person').count(), 0);
    await widget.ask('My order is late');
    await widget.visitorBubbles.nth(1).waitFor();
    assert.equal(await widget.typing.count(), 0);
    api.showTyping();
    await widget.typing.waitFor();
    api.sayAsPerson('Hello, Sarah here.', 'Sarah');
    await widget.panel.getByText('Hello, Sarah here.').waitFor();
    assert.equal(await widget.panel.locator('.sender').innerText(), 'Sarah');
    assert.equal(await widget.status.innerText(), 'Sarah: Hello, Sarah here.');
    assert.equal(await widget.typing.count(), 0);
    await assertAccessible(page, 'handed over');
    api.resolve();
    await widget.banner.getByText('This conversation is closed.').waitFor();
    await assertAccessible(page, 'resolved');
  });

  it('says at once that the answer has handed over', async () => {
    const { widget } = await visit();
    await widget.open();
    await widget.ask('I have a complaint');
    await widget.answer();
    await widget.banner.getByText('A person will answer here.').waitFor();
    assert.equal(await widget.chips.count(), 0);
  });

  it('calls a person from the header before anything was written', async () => {
    const { widget } = await visit();
    await widget.open();
    await widget.button('Talk to a person').click();
    await widget.panel.getByText('We have told the team.').waitFor();
    assert.equal(posts('/escalations').length, 1);
  });

  it('counts what comes while it is closed', async () => {
    const { page, widget } = await visit();
    await widget.open();
    await widget.button('Talk to a person').click();
    await widget.panel.getByText('We have told the team.').waitFor();
    await page.keyboard.press('Escape');
    api.sayAsPerson('Still there?');
    api.sayAsPerson('I found it.');
    await widget.count.getByText('2').waitFor();
    assert.equal(await widget.launcher.getAttribute('aria-label'), 'Open chat, 2');
    await assertAccessible(page, 'bubble with count');
    await page.reload();
    await widget.count.getByText('2').waitFor();
    await widget.open();
    assert.equal(await widget.count.isVisible(), false);
  });

  it('keeps no stream open while it is closed and nobody is expected', async () => {
    const { page, widget } = await visit();
    await widget.open();
    await widget.ask('Hello');
    await widget.answer();
    await until(() => api.feedCount === 1);
    await page.keyboard.press('Escape');
    await until(() => api.feedCount === 0);
  });

  it('shows in one tab what was written in the other, once', async () => {
    const { context, widget } = await visit();
    await widget.open();
    await widget.ask('From the first tab');
    await widget.answer();
    const page = await context.newPage();
    await page.goto(site.url);
    const second = new WidgetPage(page);
    await second.answer();
    await second.ask('From the second tab');
    await second.answer(1);
    await widget.page.bringToFront();
    await widget.answer(1);
    assert.equal(await widget.visitorBubbles.count(), 2);
    assert.equal(await second.visitorBubbles.count(), 2);
    await widget.button('Forget this chat').click();
    await second.visitorBubbles.first().waitFor({ state: 'detached' });
  });

  it('works by keyboard, and gives the focus back', async () => {
    const { page, widget } = await visit();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await widget.panel.waitFor();
    assert.equal(await widget.launcher.getAttribute('aria-expanded'), 'true');
    await page.keyboard.type('Hello');
    await page.keyboard.press('Enter');
    await widget.answer();
    await page.keyboard.press('Escape');
    assert.equal(await widget.panel.isVisible(), false);
    assert.equal(await widget.launcher.getAttribute('aria-expanded'), 'false');
    await page.keyboard.press('Enter');
    await widget.panel.waitFor();
  });

  it('does not send while a word is being composed, and breaks lines with Shift', async () => {
    const { page, widget } = await visit();
    await widget.open();
    await widget.field.fill('One');
    await widget.field.dispatchEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true });
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('two');
    await page.keyboard.press('Enter');
    await widget.answer();
    assert.deepEqual(
      posts('/messages').map(({ body }) => body.text),
      ['One\ntwo'],
    );
  });

  it('shows hostile text as text', async () => {
    const { page, widget } = await visit({
      channel: { welcome_message: '<img src=x onerror="pwned=1">' },
    });
    await widget.open();
    await widget.ask('<b>xss</b>');
    await widget.answer();
    assert.equal(await widget.visitorBubbles.innerText(), '<b>xss</b>');
    const tags = await widget.teamBubbles
      .nth(1)
      .evaluate((bubble) => [...bubble.querySelectorAll('*')].map(({ tagName }) => tagName));
    assert.deepEqual([...new Set(tags)].sort(), ['A', 'CODE', 'P', 'STRONG']);
    const links = widget.teamBubbles.nth(1).getByRole('link');
    assert.equal(await links.count(), 1);
    assert.deepEqual(await links.first().evaluate((a) => a.getAttributeNames().sort()), [
      'href',
      'rel',
      'target',
    ]);
    assert.equal(await page.evaluate(() => window.pwned), undefined);
  });

  it('keeps its look on a page whose style sheets fight it', async () => {
    const { widget } = await visit();
    await widget.open();
    const style = (locator) =>
      locator.evaluate((element) => {
        const { backgroundColor, borderTopWidth, width, fontFamily } = getComputedStyle(element);
        return { backgroundColor, borderTopWidth, width, fontFamily };
      });
    const { fontFamily, ...launcher } = await style(widget.launcher);
    assert.deepEqual(launcher, {
      backgroundColor: 'rgb(31, 92, 74)',
      borderTopWidth: '0px',
      width: '56px',
    });
    assert.doesNotMatch(fontFamily, /Comic/);
    assert.equal((await style(widget.panel)).width, '384px');
  });

  it('fills the screen of a phone, from right to left where that is read', async () => {
    const { page, widget } = await visit({
      ...PHONE,
      channel: {
        language: 'ar',
        display_name: 'شمر وبلوط',
        welcome_message: 'مرحبًا! كيف يمكنني **مساعدتك** اليوم؟',
        placeholder_text: 'اكتب رسالة…',
        bubble_position: 'left',
      },
    });
    await widget.open();
    await settleAnimations(page);
    assert.deepEqual(await widget.panel.boundingBox(), { x: 0, y: 0, width: 390, height: 844 });
    await assertAccessible(page, 'phone, right to left');
    await widget.ask('هل تشحنون إلى بلجيكا؟');
    await widget.answer();
    const bubble = await widget.visitorBubbles.boundingBox();
    assert.equal(Math.round(bubble.x), 16, 'own messages are on the left');
    for (const target of await widget.panel.locator('button:visible, header a:visible').all()) {
      const { width, height } = await target.boundingBox();
      assert.ok(Math.min(width, height) >= 24, await target.evaluate((e) => e.outerHTML));
    }
    await page.keyboard.press('Escape');
    await widget.launcher.waitFor();
  });

  it('keeps the keyboard inside the panel when it fills the screen', async () => {
    const { page, widget } = await visit({ ...PHONE, hasTouch: false, isMobile: false });
    await widget.open();
    for (let step = 0; step < 15; step += 1) {
      await page.keyboard.press('Tab');
      const isOutside = await page.evaluate(() => document.activeElement?.closest('main') !== null);
      assert.equal(isOutside, false, `after ${step + 1} tabs`);
    }
  });

  it('speaks French, in the dark, on the left, when the tag says so', async () => {
    const { page, widget } = await visit({
      query: '?lang=fr&theme=dark&position=left',
      channel: { primary_color: '#ffd166', bubble_color: '#ffd166', welcome_message: '' },
    });
    await widget.open();
    assert.equal(await widget.teamBubbles.innerText(), 'Bonjour ! Comment puis-je vous aider ?');
    assert.equal(await widget.field.getAttribute('placeholder'), 'Écrivez un message…');
    assert.ok((await widget.launcher.boundingBox()).x < 100);
    await widget.ask('Livrez-vous ?');
    await widget.answer();
    await assertAccessible(page, 'French, dark, yellow brand');
  });

  it('follows the visitor’s own theme when nobody chose one', async () => {
    const { page, widget } = await visit({ channel: { theme: 'auto' } });
    await widget.open();
    const surface = () => widget.panel.evaluate((panel) => getComputedStyle(panel).backgroundColor);
    assert.equal(await surface(), 'rgb(255, 255, 255)');
    await page.emulateMedia({ colorScheme: 'dark' });
    // a page hears of it with its next frame
    await settleAnimations(page);
    assert.equal(await surface(), 'rgb(28, 29, 32)');
    await assertAccessible(page, 'dark by preference');
  });

  it('offers a meeting over https only', async () => {
    const { page, widget } = await visit();
    await widget.open();
    await widget.ask('A meeting, please');
    await widget.answer();
    const chip = widget.panel.locator('a.chip');
    assert.equal(await chip.getAttribute('href'), 'https://cal.example/visit');
    assert.equal(await widget.link('Book a meeting').count(), 2);
    api.channels.ch_demo.booking_url = 'javascript:alert(1)';
    await page.reload();
    await widget.answer();
    assert.equal(await widget.link('Book a meeting').count(), 1);
  });

  it('obeys the page’s own scripts', async () => {
    const { page, widget } = await visit();
    await page.evaluate(() => {
      window.heard = [];
      for (const name of ['open', 'close', 'message']) {
        window.Rapport.on(name, (detail) => window.heard.push(detail?.sender_type ?? name));
      }
      window.Rapport.identify('signed-by-the-shop');
      window.Rapport.ask('What does it cost?');
    });
    await widget.answer();
    assert.equal(posts('/sessions')[0].body.identity_token, 'signed-by-the-shop');
    await page.evaluate(() => window.Rapport.setLanguage('fr'));
    assert.equal(await widget.field.getAttribute('placeholder'), 'Écrivez un message…');
    assert.equal(await widget.visitorBubbles.innerText(), 'What does it cost?');
    await page.evaluate(() => window.Rapport.close());
    assert.equal(await widget.panel.isVisible(), false);
    assert.deepEqual(await page.evaluate(() => window.heard), ['open', 'ai', 'close']);
  });

  it('tells no secret of the page’s address', async () => {
    const { widget } = await visit({ query: '?token=secret#private' });
    await widget.open();
    await widget.ask('Hello');
    await widget.answer();
    assert.equal(posts('/sessions')[0].body.page_url, `${site.url}/`);
  });

  it('tells which campaign led to the page, and nothing else of its query', async () => {
    const { widget } = await visit({
      query: '?token=secret&utm_source=letter&x=&utm_campaign=spring%20sale#private',
    });
    await widget.open();
    await widget.ask('Hello');
    await widget.answer();
    assert.equal(
      posts('/sessions')[0].body.page_url,
      `${site.url}/?utm_source=letter&utm_campaign=spring%20sale`,
    );
  });

  it('keeps the question in view while a long answer is written', async () => {
    const { widget } = await visit();
    await widget.open();
    await widget.ask('Hello');
    await widget.answer();
    await widget.ask('A long one, please');
    await widget.answer(1);
    const list = await widget.log.boundingBox();
    const question = await widget.visitorBubbles.nth(1).boundingBox();
    assert.ok(question.y >= list.y && question.y < list.y + 40, `${question.y} in ${list.y}`);
  });

  it('stays away from a page that its channel does not know', async () => {
    delete api.channels.ch_demo;
    const opened = await openPage(browser);
    visits.push({ ...opened, mayFail: true });
    const warning = opened.page.waitForEvent('console', (message) => message.type() === 'warning');
    await opened.page.goto(site.url);
    assert.match((await warning).text(), /^Rapport: no chat here\. There is no such channel\.$/);
    assert.equal(await opened.page.locator('rapport-widget').count(), 0);
  });
});

/** Waits for something on our own side of the wire. */
async function until(condition) {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    assert.ok(Date.now() < deadline, `still waiting for ${condition}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
