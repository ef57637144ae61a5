// A workspace's own mail server, from the form to the mail that proves it: on the real server, with a mail server beside it.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { after, afterEach, before, describe, it } from 'node:test';
import { assertAccessible, launchBrowser } from './browser.mjs';
import { Visits } from './dashboard-visit.mjs';
import { ProductServer, reasonToSkip } from './product-server.mjs';

const SETTINGS = '/app/fennel-oak/settings/email';

/** Takes mails, or refuses every recipient. */
class MailServer {
  refusal = '';
  mails = [];
  #sockets = new Set();
  #server = createServer((socket) => {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.write('220 mail.test\r\n');
    let mail = null;
    createInterface({ input: socket, crlfDelay: Infinity }).on('line', (line) => {
      if (mail !== null) {
        if (line !== '.') mail.push(line);
        else {
          this.mails.push(mail.join('\n'));
          mail = null;
          socket.write('250 taken\r\n');
        }
        return;
      }
      const verb = line.split(' ', 1)[0].toUpperCase();
      if (verb === 'DATA') mail = [];
      if (verb === 'RCPT' && this.refusal) socket.write(`${this.refusal}\r\n`);
      else if (verb === 'DATA') socket.write('354 go on\r\n');
      else if (verb === 'QUIT') socket.end('221 bye\r\n');
      else socket.write('250 fine\r\n');
    });
  });

  async listen() {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  get port() {
    return this.#server.address().port;
  }

  close() {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

describe('e-mail', { skip: reasonToSkip(), timeout: 120_000 }, () => {
  let browser, mail, server, visits;

  before(async () => {
    mail = await new MailServer().listen();
    const settings = { RAPPORT_OUTBOUND_ALLOW: `127.0.0.1:${mail.port}` };
    [browser, server] = await Promise.all([launchBrowser(), ProductServer.start(settings)]);
    visits = new Visits(browser, server);
  });
  after(async () => {
    await browser?.close();
    mail?.close();
    await server?.stop();
  });
  afterEach(() => visits.close());

  it('takes a mail server, proves it by a mail, and tells why one was refused', async () => {
    const { page } = await visits.open({ path: SETTINGS });
    page.setDefaultTimeout(30_000);
    await page.getByRole('button', { name: 'Use your own mail server' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Host').fill('127.0.0.1');
    await dialog.getByLabel('Port').fill(String(mail.port));
    await dialog.getByLabel('Encryption').selectOption('none');
    await dialog.getByLabel('Sender').fill('Fennel & Oak <shop@fennel-oak.example>');
    await assertAccessible(page, 'a mail server');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'detached' });

    await page.getByRole('button', { name: 'Send me a test mail' }).click();
    await page
      .getByText(`The mail server has taken the mail to ${server.account.email}.`)
      .waitFor();
    assert.equal(mail.mails.length, 1);
    assert.match(mail.mails[0], /shop@fennel-oak\.example/);
    await assertAccessible(page, 'a test mail that went');

    mail.refusal = '550 5.7.1 not from you';
    await page.getByRole('button', { name: 'Send me a test mail' }).click();
    await page.getByText(/It was not sent.*not from you/).waitFor();
    assert.equal(mail.mails.length, 1);
    await assertAccessible(page, 'a test mail that was refused');
  });
});
