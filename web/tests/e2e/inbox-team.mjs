// A business with two people at its inbox, on the real server: what the suites about the inbox begin with.
import { assertAccessible } from './browser.mjs';
import { Visits } from './dashboard-visit.mjs';
import { DashboardPage } from './page-objects.mjs';
import { ProductServer, Visitor } from './product-server.mjs';

export const OWNER = {
  email: 'sarah@noyer.example',
  password: 'walnut desk by the window',
  name: 'Sarah Petit',
  business_name: 'Maison Noyer',
};
export const COLLEAGUE = {
  email: 'lea@noyer.example',
  password: 'oak table by the door',
  name: 'Léa Martin',
};
export const PHONE = { viewport: { width: 375, height: 812 }, hasTouch: true };
/** What the browser notes by itself about answers that a test is about. */
const EXPECTED = /Failed to load resource|ERR_/;
const NO_LIMITS = {
  RAPPORT_LIMITS__MESSAGES_PER_VISITOR_MINUTE: '0',
  RAPPORT_LIMITS__NEW_CONVERSATIONS_PER_ADDRESS_HOUR: '0',
  RAPPORT_LIMITS__MESSAGES_PER_TENANT_MINUTE: '0',
  RAPPORT_LIMITS__MESSAGES_PER_ADDRESS_MINUTE: '0',
};

export class InboxTeam {
  #visits;

  /** `owner` is the API as Sarah uses it. */
  static async start(browser) {
    const team = new InboxTeam();
    team.server = await ProductServer.start(NO_LIMITS);
    team.#visits = new Visits(browser, team.server);
    team.owner = await team.server.signUp(OWNER);
    team.workspace = (await team.owner.get('/session')).tenant.slug;
    team.channel = (await team.owner.get('/channels')).items[0];
    const { url } = await team.owner.post('/invitations', {
      role: 'agent',
      email: COLLEAGUE.email,
    });
    await team.server.joinBy(url, COLLEAGUE);
    await team.owner.post('/labels', { name: 'Shipping', color: 'blue' });
    await team.owner.post('/labels', { name: 'VIP', color: 'violet' });
    await team.owner.post('/saved-replies', {
      shortcut: 'hello',
      title: 'Greeting',
      text: 'Hello {{contact.first_name}}, {{agent.name}} from {{business.name}} here.',
    });
    return team;
  }

  /** Closes the windows that a test has opened, and checks what must hold of each. */
  endOfTest() {
    return this.#visits.close();
  }

  async stop() {
    await this.server.stop();
  }

  /** A visitor who has written, as the API knows the conversation. */
  async write(text, name) {
    const visitor = await Visitor.begin(this.server.url, this.channel.channel_key, {
      page_url: 'https://shop.example/checkout',
      language: 'en',
    });
    await visitor.ask(text);
    const conversation = await this.stateOf(visitor.conversationId);
    if (name) await this.owner.patch(`/contacts/${conversation.contact.id}`, { name });
    return { visitor, id: conversation.id, contactId: conversation.contact.id };
  }

  stateOf(id) {
    return this.owner.get(`/conversations/${id}`);
  }

  /** Somebody at the inbox, signed in. */
  async sitDown(account = OWNER, path = '/inbox', options = {}) {
    const address = `/app/${this.workspace}${path}`;
    const visit = await this.#visits.open({ account, path: address, ...options });
    visit.expected = EXPECTED;
    visit.page.setDefaultTimeout(30_000);
    await visit.page.waitForURL((url) => url.pathname + url.search === address);
    return new DashboardPage(visit.page);
  }
}

/** No finding of axe-core, and nothing that has to be scrolled sideways. */
export async function assertFit(page, where) {
  await assertAccessible(page, where);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (overflow > 0) throw new Error(`${where} is ${overflow} px too wide`);
}

/** Waits for what is sure to come, and gives up when it does not. */
export async function until(isSo) {
  for (const end = Date.now() + 20_000; !(await isSo());) {
    if (Date.now() > end) throw new Error(`in vain: ${String(isSo)}`);
  }
}
