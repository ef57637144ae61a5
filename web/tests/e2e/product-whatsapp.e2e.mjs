// A WhatsApp number from end to end, with the vendor played by `rapport simulate`: connect it in the dashboard, a customer
// writes, the bot answers, an agent takes over, and the ledger shows all of it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { after, before, describe, it } from 'node:test';
import { assertAccessible } from './browser.mjs';
import { DemoTeam } from './demo-team.mjs';
import { reasonToSkip } from './product-server.mjs';

const BINARY =
  process.env.RAPPORT_BINARY ??
  fileURLToPath(new URL('../../../target/debug/rapport', import.meta.url));
const AGENT = {
  name: 'Noor Haddad',
  email: 'noor@fennel-oak.example',
  password: 'a long passphrase',
};
const LONGEST_WAIT = 60_000;

/** A port that nobody has at this moment. */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** WhatsApp and one customer, at a terminal. */
class Simulated {
  #child;
  #printed = '';
  #listeners = new Set();

  constructor(port) {
    const args = ['simulate', 'whatsapp', '--port', String(port), '--name', 'Ana Test'];
    this.#child = spawn(BINARY, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      this.#printed += `${line}\n`;
      for (const listener of this.#listeners) listener();
    });
  }

  type(line) {
    this.#child.stdin.write(`${line}\n`);
  }

  /** What it printed, once that matches. */
  async shows(pattern) {
    const started = Date.now();
    while (!pattern.test(this.#printed)) {
      const left = LONGEST_WAIT - (Date.now() - started);
      assert.ok(left > 0, `${pattern} is not in:\n${this.#printed}`);
      await new Promise((resolve) => {
        const done = () => {
          clearTimeout(timer);
          this.#listeners.delete(done);
          resolve();
        };
        const timer = setTimeout(done, left);
        this.#listeners.add(done);
      });
    }
    return this.#printed;
  }

  /** What it says is to be filled in, by its name. */
  async credential(name) {
    const found = new RegExp(`^ +${name} +(\\S+)$`, 'm');
    return (await this.shows(found)).match(found)[1];
  }

  stop() {
    this.#child.kill();
  }
}

describe('WhatsApp', { skip: reasonToSkip(), timeout: 280_000 }, () => {
  let team, whatsapp;

  before(async () => {
    const port = await freePort();
    team = await DemoTeam.start('agent', AGENT, {
      RAPPORT_OUTBOUND_ALLOW: `127.0.0.1:${port}`,
    });
    whatsapp = new Simulated(port);
  });
  after(async () => {
    whatsapp?.stop();
    await team?.visits.close();
    await team?.stop();
  });

  it('connects, answers, hands over to an agent, and keeps the book', async () => {
    const { page } = await team.visits.open({ path: team.at('channels/new/whatsapp') });
    page.setDefaultTimeout(30_000);
    await page.getByLabel('Name', { exact: true }).fill('WhatsApp Ghent');
    await page.getByLabel('Phone number ID').fill(await whatsapp.credential('Phone number ID'));
    await page
      .getByLabel('WhatsApp Business account ID')
      .fill(await whatsapp.credential('WhatsApp Business account ID'));
    await page.getByLabel('Access token').fill(await whatsapp.credential('Access token'));
    await page
      .getByLabel('App secret', { exact: true })
      .fill(await whatsapp.credential('App secret'));
    await page.getByText('More settings').click();
    await page.getByLabel('API address').fill(await whatsapp.credential('API address'));
    await page.getByRole('button', { name: 'Save and go on' }).click();
    const address = await page.getByLabel('Webhook address').innerText();
    await page.getByRole('button', { name: 'Ask WhatsApp' }).first().click();
    await page.getByText('15550001111').first().waitFor();
    whatsapp.type(`/webhook ${address}`);

    whatsapp.type('Do you ship to Belgium?');
    await whatsapp.shows(/Business: Yes, Belgium is where we are at home/);

    await page.goto(`${team.server.url}${team.at('inbox')}?view=all`);
    await page
      .getByRole('link', { name: /Ana Test/ })
      .first()
      .click();
    const thread = page.getByRole('log');
    await thread.getByText('Do you ship to Belgium?').first().waitFor();
    await thread
      .getByText(/Belgium is where we are at home/)
      .first()
      .waitFor();
    await thread
      .getByText(/^(Delivered|Read)$/)
      .first()
      .waitFor();
    const reply = page.getByRole('textbox', { name: /reply/i });
    await reply.fill('Noor here: shall I reserve it for you?');
    await page.keyboard.press('Control+Enter');
    await whatsapp.shows(/Business: Noor here: shall I reserve it for you\?/);

    whatsapp.type('Yes please, until Friday');
    await thread.getByText('Yes please, until Friday').waitFor();
    await assertAccessible(page, 'a conversation on WhatsApp');

    const { items } = await team.owner.get('/connections');
    await page.goto(`${team.server.url}${team.at(`channels/${items[0].channel_id}`)}?tab=events`);
    const rows = page.getByRole('row').filter({ hasText: 'Done' });
    await rows.nth(1).waitFor();
    await rows.first().getByRole('link').first().click();
    await page.getByRole('dialog', { name: 'Event' }).locator('pre').waitFor();
    const ledger = await team.owner.get('/inbound-events?limit=200');
    const messages = ledger.items.filter(({ kind }) => kind === 'message');
    assert.equal(messages.length, 2);
    assert.ok(
      ledger.items.every(({ status }) => status === 'processed' || status === 'pending'),
      JSON.stringify(ledger.items),
    );
  });
});
