// Outgoing webhooks in the settings: made, tested, looked into, sent again, switched off by themselves.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, afterEach, before, describe, it } from 'node:test';
import { assertAccessible, launchBrowser } from './browser.mjs';
import { Visits } from './dashboard-visit.mjs';
import { ProductServer, reasonToSkip, Visitor } from './product-server.mjs';

/** Keeps what it is sent. */
class Receiver {
  status = 204;
  received = [];

  static async start() {
    const receiver = new Receiver();
    receiver.#server = createServer(async (request, response) => {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      const event = JSON.parse(Buffer.concat(chunks).toString());
      receiver.received.push({ id: request.headers['webhook-id'], event });
      response.writeHead(receiver.status).end('heard');
      receiver.#server.emit('told');
    });
    receiver.#server.listen(0, '127.0.0.1');
    await once(receiver.#server, 'listening');
    receiver.url = `http://127.0.0.1:${receiver.#server.address().port}/hook`;
    return receiver;
  }

  #server;

  async told(count) {
    while (this.received.length < count) await once(this.#server, 'told');
    return this.received;
  }

  stop() {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

describe('webhooks', { skip: reasonToSkip(), timeout: 180_000 }, () => {
  let browser, server, visits, receiver;

  before(async () => {
    const settings = { RAPPORT_OUTBOUND_ALLOW: '127.0.0.0/8' };
    [browser, server, receiver] = await Promise.all([
      launchBrowser(),
      ProductServer.start(settings),
      Receiver.start(),
    ]);
    visits = new Visits(browser, server);
  });
  after(async () => {
    receiver?.stop();
    await browser?.close();
    await server?.stop();
  });
  afterEach(() => visits.close());

  it('are made, tested, looked into and sent again', async () => {
    const { page } = await visits.open();
    await page.goto(`${server.url}/app/fennel-oak/settings/webhooks`);
    await page.getByText('No webhooks yet').waitFor();
    await page.getByRole('button', { name: 'Add a webhook' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Address').fill(receiver.url);
    await dialog.getByLabel('What it is for').fill('Order system');
    await dialog.getByLabel('New conversation').check();
    await assertAccessible(page, 'the dialog');
    await dialog.getByRole('button', { name: 'Add a webhook' }).click();
    assert.match(await dialog.getByLabel('Secret').innerText(), /^whsec_/);
    await dialog.getByRole('button', { name: 'Done' }).click();

    await page.getByRole('button', { name: 'Send a test' }).click();
    await page.getByText('It works: 204 · accepted.').waitFor();
    const visitor = await Visitor.begin(server.url, server.channelKey);
    await visitor.ask('Hello?');
    const [, told] = await receiver.told(2);
    assert.equal(told.event.data.conversation_id, visitor.conversationId);

    await page.getByRole('button', { name: /^Log/ }).click();
    await page.getByRole('button', { name: 'webhook.test' }).getByText('Delivered').waitFor();
    await assertAccessible(page, 'the log');
    await page.getByRole('button', { name: 'conversation.created' }).click();
    await page.getByText(told.id).waitFor();
    await page.getByText('204 · accepted', { exact: true }).waitFor();
    await page.getByText(`"conversation_id": "${visitor.conversationId}"`).waitFor();
    await assertAccessible(page, 'a delivery');
    await page.getByRole('button', { name: 'Send again' }).click();
    const [, , again] = await receiver.told(3);
    assert.deepEqual(again, told);
    await page.getByText('204 · accepted', { exact: true }).nth(1).waitFor();
  });

  it('that are gone are switched off, and say so', async () => {
    const { page } = await visits.open();
    await page.goto(`${server.url}/app/fennel-oak/settings/webhooks`);
    await page.getByRole('button', { name: 'Turn off', exact: true }).waitFor();
    receiver.status = 410;
    await (await Visitor.begin(server.url, server.channelKey)).ask('Hello?');
    await page.getByText('Switched off: the address answered that it is gone (410).').waitFor();
    await assertAccessible(page, 'switched off');
    receiver.status = 204;
    await page.getByRole('button', { name: 'Turn on', exact: true }).click();
    await page.getByRole('button', { name: 'Turn off', exact: true }).waitFor();
    const before = receiver.received.length;
    await page.getByRole('button', { name: /^Log/ }).click();
    await page.getByRole('button', { name: 'Send failures again' }).click();
    const confirm = page.getByRole('dialog', { name: 'Send again what failed?' });
    await confirm.getByRole('button', { name: 'Send failures again' }).click();
    await page.getByText('Sent again: 1.').waitFor();
    const all = await receiver.told(before + 1);
    assert.equal(all.at(-1).id, all[before - 1].id);
  });
});
