// Outgoing webhooks, verified by the reference libraries of Standard Webhooks in JavaScript and Python.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import {
  ProductServer,
  reasonToSkip,
  Visitor,
} from "../../web/tests/e2e/product-server.mjs";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const PEERS = {
  "npm standardwebhooks 1.1.1": [
    process.execPath,
    here("webhook-receiver.mjs"),
  ],
  "PyPI standardwebhooks 1.1.0": [
    `${process.env.PEERS_DIR}/venv/bin/python`,
    here("webhook_receiver.py"),
  ],
};
const EVENTS = [
  "message.created",
  "conversation.created",
  "conversation.resolved",
  "contact.created",
];

/** A receiver in a process of its own. */
class Peer {
  #child;
  #lines;

  static async start([program, ...args]) {
    const peer = new Peer();
    peer.#child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
    peer.#lines = createInterface({ input: peer.#child.stdout })[
      Symbol.asyncIterator
    ]();
    peer.url = (await peer.next()).url;
    return peer;
  }

  async next() {
    const { value, done } = await this.#lines.next();
    assert.ok(!done, "the receiver ended");
    return JSON.parse(value);
  }

  async use(secret) {
    this.#child.stdin.write(`${secret}\n`);
    assert.deepEqual(await this.next(), { secret: true });
  }

  async stop() {
    const ended = once(this.#child, "exit");
    this.#child.stdin.end();
    await ended;
  }
}

describe(
  "outgoing webhooks",
  { skip: reasonToSkip(), timeout: 120_000 },
  () => {
    let server;
    before(async () => {
      server = await ProductServer.start({
        RAPPORT_OUTBOUND_ALLOW: "127.0.0.0/8",
      });
    });
    after(() => server?.stop());

    for (const [name, command] of Object.entries(PEERS)) {
      it(`are accepted by ${name}, and only with their secret`, async () => {
        const peer = await Peer.start(command);
        try {
          await tell(server, peer);
        } finally {
          await peer.stop();
        }
      });
    }
  },
);

async function tell(server, peer) {
  const body = { url: peer.url, event_types: EVENTS };
  const { secret, endpoint } = await server.api.post(
    "/webhook-endpoints",
    body,
  );
  const path = `/webhook-endpoints/${endpoint.id}`;
  const test = async () => (await server.api.post(`${path}/test`)).delivery;
  await peer.use(secret);

  const visitor = await Visitor.begin(server.url, server.channelKey);
  await visitor.ask('Wie viel kostet die Bürste – 20 €? 🧹 "\\ <b>');
  const told = [];
  while (told.length < 4) told.push(await peer.next());
  assert.deepEqual(
    told.map(({ type }) => type).sort(),
    [
      "contact.created",
      "conversation.created",
      "message.created",
      "message.created",
    ],
    JSON.stringify(told),
  );
  assert.ok(told.every(({ verified }) => verified));
  assert.equal(new Set(told.map(({ id }) => id)).size, 4);

  // another secret of the same form
  await peer.use(`whsec_${Buffer.alloc(32, 7).toString("base64")}`);
  assert.deepEqual(
    [(await test()).status, (await peer.next()).verified],
    ["failed", false],
  );

  // while it is changed, the old one and the new one count
  const renewed = await server.api.post(`${path}/secret`);
  for (const one of [secret, renewed.secret]) {
    await peer.use(one);
    assert.deepEqual(
      [(await test()).status, (await peer.next()).verified],
      ["delivered", true],
    );
  }
}
