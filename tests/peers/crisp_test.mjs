// Crisp: its own client talks to our simulator, and verifies our simulator's hooks.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";

const require = createRequire(`${process.env.PEER_MODULES}/`);
const { Crisp } = require("crisp-api");

let vendor, lines, told, client;

before(async () => {
  vendor = spawn(process.env.SIMULATOR, ["run", "crisp"], { stdio: ["pipe", "pipe", "inherit"] });
  lines = createInterface({ input: vendor.stdout })[Symbol.asyncIterator]();
  told = JSON.parse((await lines.next()).value);
  client = new Crisp();
  client.setRestHost(told.base);
  client.setTier("plugin");
  client.authenticate(told.identifier, told.key);
});

after(() => vendor.stdin.end());

async function messages() {
  vendor.stdin.write("\n");
  const entries = JSON.parse((await lines.next()).value);
  return entries.filter(({ kind }) => kind === "Message");
}

test("every kind of message is accepted", async () => {
  const contents = {
    text: "Hello",
    note: "Only for us",
    file: { name: "bill.pdf", url: "https://cdn.example/bill.pdf", type: "application/pdf" },
    animation: { url: "https://cdn.example/a.gif", type: "image/gif" },
    audio: { url: "https://cdn.example/a.ogg", type: "audio/ogg", duration: 3 },
    picker: { id: "p1", text: "Pick", choices: [{ value: "yes", label: "Yes", selected: false }] },
    field: { id: "f1", text: "Your e-mail?", explain: "name@example.com" },
  };
  for (const [type, content] of Object.entries(contents)) {
    const fingerprint = 170000000000000 + type.length;
    const message = { type, content, from: "operator", origin: "chat", fingerprint, automated: true };
    const answer = await client.website.sendMessageInConversation(told.website_id, told.session_id, message);
    assert.equal(answer.fingerprint, fingerprint);
  }
  const accepted = await messages();
  assert.deepEqual(
    accepted.map(({ body }) => body.type),
    Object.keys(contents),
  );
});

test("the conversation is marked, read and changed", async () => {
  const here = [told.website_id, told.session_id];
  await client.website.composeMessageInConversation(...here, { type: "start", from: "operator" });
  await client.website.markMessagesReadInConversation(...here, { from: "operator", origin: "chat", fingerprints: [1] });
  await client.website.changeConversationState(...here, "resolved");
  assert.equal((await client.website.getConversationState(...here)).state, "resolved");
  await client.website.updateConversationMetas(...here, { email: "ana@example.com" });
  assert.equal((await client.website.getConversationMetas(...here)).email, "ana@example.com");
  await client.website.assignConversationRouting(...here, { assigned: { user_id: "u1" } });
  assert.equal((await client.website.getConversationRoutingAssign(...here)).assigned.user_id, "u1");
  assert.equal((await client.website.getConversation(...here)).session_id, told.session_id);
  assert.ok((await client.website.getMessagesInConversation(...here)).length > 0);
  assert.match((await client.website.createNewConversation(told.website_id)).session_id, /^session_/);
  assert.equal((await client.website.getWebsite(told.website_id)).website_id, told.website_id);
});

test("refusals are read as errors", async () => {
  const unknown = client.website.getConversation(told.website_id, "session_unknown");
  await assert.rejects(unknown, ({ code }) => code === 404);
  const stranger = new Crisp();
  stranger.setRestHost(told.base);
  stranger.setTier("plugin");
  stranger.authenticate("nobody", "nothing");
  await assert.rejects(stranger.website.getWebsite(told.website_id), ({ code }) => code === 401);
});

test("hooks are verified, and broken ones are not", async () => {
  const posts = execFileSync(process.env.SIMULATOR, ["dump", "crisp"], { encoding: "utf8" }).trim().split("\n");
  // it verifies once it listens to hooks
  const listener = new Crisp();
  listener.setRtmMode("webhooks");
  await listener.on("message:send", () => {});
  for (const post of posts) {
    const { headers, body } = JSON.parse(post);
    const [time, signature] = [headers["x-crisp-request-timestamp"], headers["x-crisp-signature"]];
    const verify = (secret, content) => listener.verifyHook(secret, content, time, signature);
    assert.equal(verify("crisp_hook_secret", JSON.parse(body)), true, body);
    assert.equal(verify("other", JSON.parse(body)), false);
    assert.equal(verify("crisp_hook_secret", { ...JSON.parse(body), event: "message:other" }), false);
  }
  assert.equal(posts.length, 9);
});
