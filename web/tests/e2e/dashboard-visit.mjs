// A signed-in visit to the dashboard of a real server, and what must hold after each.
import assert from 'node:assert/strict';
import { openPage } from './browser.mjs';

const WIDE = { viewport: { width: 1440, height: 900 } };
/** Chromium reports every refused request; before the sign-in there is one. */
const NOT_SIGNED_IN = /status of 401/;

/** All visits of a suite: `open` one, and `close` them after each test. */
export class Visits {
  #browser;
  #server;
  #open = [];
  /** Cookies by e-mail: nobody may sign in as often as a suite would like to. */
  #cookies = new Map();

  constructor(browser, server) {
    this.#browser = browser;
    this.#server = server;
  }

  /**
   * Signs in with the form, the second time with the cookie of the first, as the owner of the demonstration unless
   * another account is given.
   */
  async open({ account = this.#server.account, path = '', ...options } = {}) {
    const visit = await openPage(this.#browser, { ...WIDE, ...options });
    this.#open.push(visit);
    const { context, page } = visit;
    const cookies = this.#cookies.get(account.email);
    if (cookies) {
      await context.addCookies(cookies);
      await page.goto(this.#server.url + (path || '/app/'));
    } else {
      await this.#signIn(page, account, path);
    }
    await page.locator('nav').first().waitFor();
    this.#cookies.set(account.email, await context.cookies());
    return visit;
  }

  /** The one that was opened last. */
  get newest() {
    return this.#open.at(-1);
  }

  /** Opens an address as nobody. */
  async openAnonymous(address, options = {}) {
    const visit = await openPage(this.#browser, { ...WIDE, ...options });
    this.#open.push(visit);
    await visit.page.goto(address);
    return visit;
  }

  async #signIn(page, account, path) {
    await page.goto(
      `${this.#server.url}/app/sign-in${path && `?next=${encodeURIComponent(path)}`}`,
    );
    const [email, password] = await Promise.all(
      ['email', 'password'].map(async (type) => page.locator(`input[type=${type}]`)),
    );
    await email.fill(account.email);
    await password.fill(account.password);
    await password.press('Enter');
  }

  /** `expected` of a visit names errors that its test has caused on purpose. */
  async close() {
    for (const { context, record, expected } of this.#open.splice(0)) {
      await context.close();
      assert.deepEqual(record.violations, [], 'CSP violations');
      const isKnown = (text) => NOT_SIGNED_IN.test(text) || expected?.test(text);
      assert.deepEqual(
        record.errors.filter((text) => !isKnown(text)),
        [],
        'errors in the console',
      );
      const strangers = [...record.origins].filter((one) => one !== this.#server.url);
      assert.deepEqual(strangers, [], 'third parties');
    }
  }
}
