// What strangers write must never become more than text, on any page that shows it; and pages of
// strangers must get nothing from the server that they are not meant to have. On the real server.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { launchBrowser, openPage } from './browser.mjs';
import { CustomerPage } from './customer-page.mjs';
import { DashboardPage, WidgetPage } from './page-objects.mjs';
import { CANARY, PAYLOADS } from './product-payloads.mjs';
import { FakeModel } from './product-model.mjs';
import { ProductServer, reasonToSkip, Visitor } from './product-server.mjs';

const IMAGE = '<img src=x onerror=hit()>';
const OWNER = {
  email: 'owner@hostile.example',
  password: 'a tenant full of traps',
  name: IMAGE,
  business_name: `${IMAGE} & Sons`,
};
/** As a hostile customer would set up a channel. */
const SETTINGS = {
  display_name: IMAGE,
  welcome_message: `${IMAGE} **[x](javascript:hit())**`,
  placeholder_text: `">${IMAGE}`,
  suggested_messages: [IMAGE, '<script>hit()</script>'],
  join_messages: 'never',
};
const NO_LIMITS = {
  RAPPORT_LIMITS__MESSAGES_PER_VISITOR_MINUTE: '0',
  RAPPORT_LIMITS__NEW_CONVERSATIONS_PER_ADDRESS_HOUR: '0',
  RAPPORT_LIMITS__MESSAGES_PER_TENANT_MINUTE: '0',
  RAPPORT_LIMITS__MESSAGES_PER_ADDRESS_MINUTE: '0',
};

describe('product under attack', { skip: reasonToSkip(), timeout: 280_000 }, () => {
  let browser, server;

  before(async () => {
    [browser, server] = await Promise.all([launchBrowser(), ProductServer.start(NO_LIMITS)]);
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  describe('hostile text', () => {
    let site, model, owner, channel, traps, workspace, label;

    before(async () => {
      // Without a CSP nothing but the widget itself stands between the text and the page.
      site = await new CustomerPage(server.url, { hasPolicy: false }).listen();
      model = await new FakeModel().listen();
      owner = await server.signUp(OWNER);
      workspace = (await owner.get('/session')).tenant.slug;
      channel = await owner.post('/channels', { name: IMAGE, settings: SETTINGS });
      label = await owner.post('/labels', { name: IMAGE, color: 'red' });
      const reply = { shortcut: 'trap', title: IMAGE, text: IMAGE };
      await owner.post('/saved-replies', reply);
      await owner.post('/inbox-views', { name: IMAGE, query: 'view=mine', is_shared: true });
      traps = await inParallel(PAYLOADS, 6, setTrap);
      model.reply = (question) => [`Model: ${question} [1]`];
      await owner.send('POST', '/llm-credentials', model.credential);
      await inParallel(traps, 6, springTrap);
    });
    after(() => {
      site?.close();
      model?.close();
    });

    /** The payload in the knowledge, as a question, and as the approved answer. */
    async function setTrap(payload, number) {
      const question = `Where is shelf ${WORDS[number % WORDS.length]}-${number}? ${payload}`;
      await owner.post('/qa-pairs', { question, answer: payload, category: payload.slice(0, 100) });
      const url = 'https://shop.example/' + encodeURIComponent(payload);
      await owner.post('/documents', { title: payload, text: `${payload}\n\n${question}`, url });
      const identity = { sub: `${number}`, name: payload, email: payload, exp: 4e9 };
      const visitor = await Visitor.begin(server.url, channel.channel_key, {
        identity_token: sign(identity, channel.identity_secret),
        page_url: payload,
        language: payload,
      });
      const { conversation } = await visitor.ask(payload);
      const { answer } = await visitor.ask(question);
      return { payload, question, visitor, id: conversation.id, approved: answer };
    }

    /** And as a model's answer, a comment, the reason for a person, and that person's reply. */
    async function springTrap(trap) {
      const { payload, question, visitor, id } = trap;
      trap.composed = (await visitor.ask(question)).answer;
      const feedback = { value: 'down', comment: payload };
      await visitor.api.post(`/messages/${trap.composed.id}/feedback`, feedback);
      await visitor.api.post('/escalations', { reason: payload });
      const reply = { client_message_id: 'trap', text: payload };
      await owner.post(`/conversations/${id}/messages`, reply);
      const note = { client_note_id: 'trap', text: payload, mentions: [] };
      await owner.post(`/conversations/${id}/notes`, note);
      await owner.patch(`/conversations/${id}`, { add_label_ids: [label.id] });
    }

    /** A browser that notices every script that ran and every request that left. */
    async function watch(options) {
      const opened = await openPage(browser, options);
      const { context, page, record } = opened;
      page.setDefaultTimeout(30_000);
      const hits = [];
      await context.exposeBinding('hit', ({ page: where }) => hits.push(where.url()));
      page.on('dialog', (dialog) => hits.push(dialog.message()) && void dialog.dismiss());
      const assertQuiet = async () => {
        // What is going to run does so with the next frames.
        await page.evaluate(() => new Promise((go) => setTimeout(go, 100)));
        assert.deepEqual(hits, [], 'scripts that ran');
        const strangers = [...record.origins].filter(
          (one) => ![server.url, site.url].includes(one),
        );
        assert.deepEqual(strangers, [], 'requests that left');
        assert.deepEqual(
          record.errors.filter((text) => !/status of 401/.test(text)),
          [],
        );
        await context.close();
      };
      return { ...opened, hits, assertQuiet };
    }

    it('is alive: read as markup, most of it runs or calls out', async () => {
      const { context, page } = await openPage(browser);
      const alive = new Set();
      let note;
      const areMostAlive = new Promise((resolve) => {
        note = (frame) => alive.add(frame.name()).size >= 40 && resolve();
      });
      await context.exposeBinding('hit', ({ frame }) => note(frame));
      page.on('request', (request) => {
        if (request.url().includes(CANARY)) note(request.frame());
      });
      await page.goto(`${site.url}/site.css`);
      await page.evaluate((payloads) => {
        for (const [number, payload] of payloads.entries()) {
          const frame = document.createElement('iframe');
          frame.name = `payload ${number}`;
          document.body.append(frame);
          frame.contentDocument.write(`<p>${payload}</p>`);
          frame.contentDocument.close();
        }
      }, PAYLOADS);
      await areMostAlive;
      await context.close();
    });

    it('stays text in the widget', async () => {
      const count = (isGiven) => traps.filter(isGiven).length;
      assert.ok(count(({ approved }) => !approved.gap_detected) >= 40, 'given as approved answers');
      assert.ok(count(({ composed }) => composed.text.startsWith('Model:')) >= 40, 'composed');
      const { page, assertQuiet } = await watch();
      await page.goto(`${site.url}/?channel=${channel.channel_key}`);
      const widget = new WidgetPage(page);
      await widget.open();
      for (const { payload, visitor } of traps) {
        const saved = { token: visitor.token, messages: [], seenSeq: 0, isOpen: true };
        const entry = [`rapport:${channel.channel_key}`, JSON.stringify(saved)];
        // As if another tab had begun this chat.
        await page.evaluate(([key, value]) => {
          localStorage.setItem(key, value);
          dispatchEvent(new StorageEvent('storage', { key }));
        }, entry);
        const first = widget.visitorBubbles.first();
        await first.filter({ hasText: payload.trim() }).waitFor();
        await widget.sender.waitFor();
        assert.equal(await first.textContent(), payload.trim());
        assert.deepEqual(await foreignParts(widget.panel), [], payload);
      }
      await assertQuiet();
    });

    it('stays text in the inbox', async () => {
      const { page, assertQuiet } = await watch({
        viewport: { width: 1440, height: 900 },
        bypassCSP: true,
      });
      const desk = new DashboardPage(page);
      await page.goto(`${server.url}/app/`);
      await desk.signIn(OWNER);
      await desk.rows.first().waitFor();
      const byId = new Map(traps.map((trap) => [trap.id, trap]));
      for (let left = traps.length; left > 0; left -= 1) {
        const address = page.url();
        await page.keyboard.press('j');
        await page.waitForURL((url) => url.href !== address);
        const { payload } = byId.get(page.url().split('/').at(-1));
        const said = desk.log.getByRole('article');
        await said.nth(6).waitFor();
        await desk.log.getByText('Internal note').waitFor();
        await page.getByText('Handed over').first().waitFor();
        assert.deepEqual(await foreignParts(page.locator('body')), [], payload);
        // Only what is in sight is in the page.
        await desk.log.press('Home');
        await page.waitForFunction(
          (text) => document.querySelector('[role=log] article p')?.textContent === text,
          payload.trim(),
        );
        assert.deepEqual(await foreignParts(page.locator('main')), [], payload);
        byId.delete(page.url().split('/').at(-1));
      }
      assert.equal(byId.size, 0);
      await page.keyboard.press('r');
      await page.keyboard.type('/tr');
      await page.getByRole('option', { name: '/trap' }).waitFor();
      assert.deepEqual(await foreignParts(page.locator('main')), [], 'saved replies');
      await page.keyboard.press('Enter');
      assert.equal(await desk.reply.inputValue(), IMAGE);
      await page.getByRole('searchbox').fill('hit');
      await page.waitForURL('**q=**');
      await page
        .getByRole('region', { name: 'Search results' })
        .getByRole('link')
        .first()
        .waitFor();
      assert.deepEqual(await foreignParts(page.locator('body')), [], 'search results');
      await assertQuiet();
    });

    it('stays text where the team names things', async () => {
      await inParallel(PAYLOADS, 6, async (payload, number) => {
        const name = `${payload.slice(0, 45)} ${number}`;
        await owner.post('/labels', { name, color: 'red' });
        await owner.post('/inbox-views', { name, query: 'view=mine', is_shared: true });
        const shortcut = `trap-${number}`;
        await owner.post('/saved-replies', {
          shortcut,
          title: payload.slice(0, 100),
          text: payload,
        });
      });
      const { page, assertQuiet } = await watch({
        viewport: { width: 1440, height: 900 },
        bypassCSP: true,
      });
      const desk = new DashboardPage(page);
      await page.goto(`${server.url}/app/${workspace}/inbox`);
      await desk.signIn(OWNER);
      await page.getByRole('link', { name: `${PAYLOADS[0]} 0`, exact: true }).waitFor();
      assert.deepEqual(await foreignParts(page.locator('body')), [], 'views in the sidebar');
      await desk.rows.first().click();
      await desk.log.getByRole('article').first().waitFor();
      for (const key of ['l', 'a', 'h']) {
        await desk.log.focus();
        await page.keyboard.press(key);
        await page.getByRole('listbox').waitFor();
        assert.deepEqual(await foreignParts(page.locator('body')), [], `picker ${key}`);
        await page.keyboard.press('Escape');
        await page.getByRole('listbox').waitFor({ state: 'detached' });
      }
      for (const [number, payload] of PAYLOADS.entries()) {
        await desk.reply.fill('');
        await desk.reply.pressSequentially(`/trap-${number}`);
        await page
          .getByRole('option', { name: `/trap-${number}` })
          .first()
          .waitFor();
        assert.deepEqual(await foreignParts(page.locator('main')), [], payload);
      }
      await page.keyboard.press('Enter');
      assert.equal(await desk.reply.inputValue(), PAYLOADS.at(-1));
      await desk.reply.fill('');
      await desk.button('Filter').click();
      await page.getByRole('dialog', { name: 'Filter' }).waitFor();
      assert.deepEqual(await foreignParts(page.locator('body')), [], 'filter');
      await assertQuiet();
    });

    it('stays text in the gap queue', async () => {
      // where nothing is known yet, everything is asked in vain
      const stranger = { ...OWNER, email: 'new@hostile.example' };
      const started = await server.signUp(stranger);
      const { slug } = (await started.get('/session')).tenant;
      const door = (await started.get('/channels')).items[0];
      const visitor = await Visitor.begin(server.url, door.channel_key);
      for (const payload of PAYLOADS.slice(0, 25)) await visitor.ask(payload);
      const { page, assertQuiet } = await watch({ bypassCSP: true });
      const desk = new DashboardPage(page);
      await page.goto(`${server.url}/app/${slug}/gaps`);
      await desk.signIn(stranger);
      const gaps = page.getByRole('region', { name: 'Questions' }).getByRole('link');
      await gaps.first().waitFor();
      for (const gap of await gaps.all()) await gap.click();
      assert.deepEqual(await foreignParts(page.locator('main')), []);
      await assertQuiet();
    });

    it('stays text in the knowledge', async () => {
      const { page, assertQuiet } = await watch({ bypassCSP: true });
      const desk = new DashboardPage(page);
      await page.goto(`${server.url}/app/${workspace}/gaps`);
      await desk.signIn(OWNER);
      await desk.goTo('Knowledge');
      const pairs = page.getByRole('row').getByRole('button');
      await pairs.first().waitFor();
      for (const pair of (await pairs.all()).slice(0, 25)) {
        await pair.click();
        await page.getByRole('dialog').getByText('Preview').waitFor();
        assert.deepEqual(await foreignParts(page.getByRole('dialog')), []);
        await page.keyboard.press('Escape');
        await page.getByRole('dialog').waitFor({ state: 'detached' });
      }
      await assertQuiet();
    });
  });

  describe('pages of strangers', () => {
    let site, stranger, channel;

    before(async () => {
      site = await new CustomerPage(server.url).listen();
      stranger = await new CustomerPage(server.url).listen();
      channel = await server.api.post('/channels', {
        name: 'Our shop only',
        allowed_origins: [site.url],
      });
    });
    after(() => {
      site?.close();
      stranger?.close();
    });

    it('get no widget where the channel is for other sites, and one line that says why', async () => {
      const { context, page, record } = await openPage(browser);
      await page.goto(`${site.url}/?channel=${channel.channel_key}`);
      await new WidgetPage(page).launcher.waitFor();
      assert.deepEqual(record.warnings, []);
      const warning = page.waitForEvent('console', (line) => line.type() === 'warning');
      await page.goto(`${stranger.url}/?channel=${channel.channel_key}`);
      assert.match((await warning).text(), /no chat here.*not among the channel's allowed origins/);
      assert.equal(record.warnings.length, 1);
      assert.equal(await page.locator('rapport-widget').count(), 0);
      await context.close();
    });

    it('are refused by every address of the Widget API', async () => {
      const root = `${server.url}/api/widget/${channel.channel_key}`;
      const { token } = await Visitor.begin(server.url, channel.channel_key);
      const call = (origin, method, path) =>
        fetch(root + path, {
          method,
          headers: { origin, authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: method === 'POST' ? '{}' : undefined,
        });
      for (const [method, path] of [
        ['GET', ''],
        ['POST', '/sessions'],
        ['POST', '/messages'],
        ['GET', '/messages'],
        ['GET', '/events'],
        ['POST', '/escalations'],
        ['OPTIONS', '/sessions'],
      ]) {
        for (const origin of [stranger.url, 'null', `${site.url}.evil.example`]) {
          const { status } = await call(origin, method, path);
          assert.equal(status, 403, `${method} ${path} from ${origin}`);
        }
      }
      assert.equal((await call(site.url, 'GET', '')).status, 200);
      assert.equal((await call(site.url, 'OPTIONS', '/sessions')).status, 204);
    });

    it('cannot put the dashboard or the shop into a frame', async () => {
      const { context, page } = await openPage(browser);
      await page.goto(`${stranger.url}/site.css`);
      for (const path of ['/app/', '/app/sign-in', '/demo', '/docs']) {
        const { headers } = await fetch(server.url + path);
        assert.match(headers.get('content-security-policy'), /frame-ancestors 'none'/, path);
      }
      const refused = page.waitForEvent('console', (line) =>
        /frame-ancestors 'none'/.test(line.text()),
      );
      await page.setContent(`<iframe src="${server.url}/app/"></iframe>`);
      await refused;
      await context.close();
    });
  });
});

/** Elements and attributes below the locator that only markup could have made. */
function foreignParts(locator) {
  return locator.evaluate((root) => {
    const all = [...root.querySelectorAll('*')];
    const names =
      'script,img:not([src^="/"],[src^="http"]),iframe,object,embed,link,style,base,meta';
    const elements = all.filter((one) =>
      one.matches(`${names},video,audio,form[action],marquee,math`),
    );
    const attributes = all.flatMap((one) =>
      [...one.attributes].filter(
        ({ name, value }) =>
          name.startsWith('on') || (name === 'href' && !/^(https?:|mailto:|tel:|\/|#)/.test(value)),
      ),
    );
    return [...elements, ...attributes].map((one) => one.outerHTML ?? `${one.name}=${one.value}`);
  });
}

/** A JWT as a business's own server makes it. */
function sign(claims, secret) {
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const content = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`;
}

/** Maps the items, so many of them at a time. */
async function inParallel(items, width, action) {
  const results = [];
  const queue = items.entries();
  const work = async () => {
    for (const [index, item] of queue) results[index] = await action(item, index);
  };
  await Promise.all(Array.from({ length: width }, work));
  return results;
}

/** So that no two questions are alike. */
const WORDS =
  'amber birch cedar delta ember fjord grape heron ivory jade kelp lotus maple nectar olive pearl quartz raven sable topaz umber violet willow yarrow zinc'.split(
    ' ',
  );
