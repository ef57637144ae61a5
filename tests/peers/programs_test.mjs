// The bot as a model, asked by OpenAI's own clients, and the tools, called by the Model Context Protocol's own SDKs: in
// JavaScript here, in Python by openai_client.py and mcp_client.py.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { after, before, describe, it } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import {
  ProductServer,
  reasonToSkip,
  Visitor,
} from "../../web/tests/e2e/product-server.mjs";

// found beside the installed modules, not beside this script
const installed = createRequire(`${process.env.PEER_MODULES}/`);
const load = (name) => import(pathToFileURL(installed.resolve(name)));

const KNOWN = "Do you ship to Belgium?";
const UNKNOWN = "Who won the regatta of 1974?";

describe(
  "other people's programs",
  { skip: reasonToSkip(), timeout: 180_000 },
  () => {
    let server, approved, visitor;
    const key = async (...scopes) =>
      (await server.api.post("/api-keys", { name: "Program", scopes })).key;

    before(async () => {
      server = await ProductServer.start();
      approved = (await server.api.post("/ask", { question: KNOWN })).answer
        .text;
      visitor = await Visitor.begin(server.url, server.channelKey);
      await visitor.ask(KNOWN);
    });
    after(() => server?.stop());

    it("ask the bot with npm openai 7.57.0", async () => {
      await withOpenai(await key("ask"), await key("knowledge:read"));
    });

    it("ask the bot with PyPI openai 3.54.0", async () => {
      await python("openai_client.py", {
        KEY: await key("ask"),
        OTHER_KEY: await key("knowledge:read"),
      });
    });

    it("use the tools with npm @modelcontextprotocol/sdk 1.32.2", async () => {
      await withMcp(
        await key(
          "ask",
          "knowledge:read",
          "knowledge:write",
          "conversations:read",
        ),
      );
    });

    it("use the tools with PyPI mcp 2.3.0", async () => {
      await python("mcp_client.py", {
        KEY: await key(
          "ask",
          "knowledge:read",
          "knowledge:write",
          "conversations:read",
        ),
        OTHER_KEY: await key("ask"),
        CONVERSATION: visitor.conversationId,
      });
    });

    async function python(script, env) {
      const child = spawn(
        `${process.env.PEERS_DIR}/venv/bin/python`,
        ["-B", fileURLToPath(new URL(script, import.meta.url))],
        {
          env: {
            ...process.env,
            ...env,
            SERVER: server.url,
            KNOWN,
            UNKNOWN,
            APPROVED: approved,
          },
          stdio: ["ignore", "inherit", "inherit"],
        },
      );
      const [code] = await once(child, "exit");
      assert.equal(code, 0, `${script} is not content`);
    }

    async function withOpenai(apiKey, otherKey) {
      const { default: OpenAI } = await load("openai");
      const baseURL = `${server.url}/v1`;
      const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });

      const models = [];
      for await (const model of client.models.list()) models.push(model.id);
      assert.equal(models[0], "rapport");
      const own = models.find((id) => id.includes(server.channelKey));
      assert.equal((await client.models.retrieve(own)).id, own);

      const messages = [
        { role: "system", content: "You are a pirate." },
        { role: "user", content: KNOWN },
      ];
      const whole = await client.chat.completions.create({
        model: own,
        messages,
      });
      assert.equal(whole.choices[0].message.content, approved);
      assert.equal(whole.choices[0].finish_reason, "stop");
      assert.equal(whole.usage.total_tokens, 0);
      assert.ok(whole.rapport.confidence > 0.8);
      assert.ok(whole.rapport.sources.length > 0);

      const stream = await client.chat.completions.create({
        model: "rapport",
        messages,
        stream: true,
        stream_options: { include_usage: true },
      });
      let text = "";
      let usage, finished, beside;
      for await (const chunk of stream) {
        text += chunk.choices[0]?.delta.content ?? "";
        finished = chunk.choices[0]?.finish_reason ?? finished;
        usage = chunk.usage ?? usage;
        beside = chunk.rapport ?? beside;
      }
      assert.equal(text, approved);
      assert.deepEqual([finished, usage.total_tokens], ["stop", 0]);
      assert.equal(beside.mode, "approved_text");

      const gathered = client.chat.completions.stream({
        model: "rapport",
        messages: [{ role: "user", content: UNKNOWN }],
      });
      const final = await gathered.finalChatCompletion();
      assert.ok(final.choices[0].message.content.length > 0);

      const ask = (options = {}, { as = client } = {}) =>
        as.chat.completions.create({ model: "rapport", messages, ...options });
      const stranger = new OpenAI({ baseURL, apiKey: "rk_x", maxRetries: 0 });
      const other = new OpenAI({ baseURL, apiKey: otherKey, maxRetries: 0 });
      const refused = async (kind, code, asked) => {
        const error = await asked.then(
          () => assert.fail(`${code} was expected`),
          (error) => error,
        );
        assert.ok(error instanceof kind, String(error));
        assert.equal(error.code, code);
      };
      await refused(
        OpenAI.AuthenticationError,
        "invalid_api_key",
        ask({}, { as: stranger }),
      );
      await refused(
        OpenAI.PermissionDeniedError,
        "permission_missing",
        ask({}, { as: other }),
      );
      await refused(
        OpenAI.NotFoundError,
        "model_not_found",
        ask({ model: "gpt-9" }),
      );
      await refused(OpenAI.BadRequestError, "unsupported_value", ask({ n: 2 }));
      await tooOften(client, OpenAI);
    }

    /** Until the key has used up its minute. */
    async function tooOften(client, OpenAI) {
      for (let asked = 0; asked < 121; asked += 1) {
        try {
          await client.models.list();
        } catch (error) {
          assert.ok(error instanceof OpenAI.RateLimitError, String(error));
          assert.equal(error.code, "rate_limit_exceeded");
          assert.ok(Number(error.headers.get("retry-after")) >= 1);
          return;
        }
      }
      assert.fail("a key may ask as often as it likes");
    }

    async function withMcp(apiKey) {
      const { Client } = await load(
        "@modelcontextprotocol/sdk/client/index.js",
      );
      const { StreamableHTTPClientTransport } = await load(
        "@modelcontextprotocol/sdk/client/streamableHttp.js",
      );
      const connect = async (headers) => {
        const client = new Client({ name: "peer", version: "1" });
        const address = new URL(`${server.url}/mcp`);
        const requestInit = { headers };
        await client.connect(
          new StreamableHTTPClientTransport(address, { requestInit }),
        );
        return client;
      };
      await assert.rejects(connect({ authorization: "Bearer rk_x" }));
      const client = await connect({ authorization: `Bearer ${apiKey}` });
      assert.equal(client.getServerVersion().name, "rapport");
      const { tools } = await client.listTools();
      assert.equal(tools.length, 6);

      const call = async (name, args) => {
        const result = await client.callTool({ name, arguments: args });
        assert.ok(!result.isError, JSON.stringify(result));
        return result.structuredContent;
      };
      const found = await call("search_knowledge", { query: KNOWN });
      assert.equal(found.items[0].title, KNOWN);
      assert.equal((await call("ask", { question: KNOWN })).text, approved);
      const { items } = await call("list_conversations", {});
      assert.ok(items.some(({ id }) => id === visitor.conversationId));
      const thread = await call("read_conversation", {
        conversation_id: visitor.conversationId,
      });
      assert.deepEqual(
        thread.messages.map(({ text }) => text),
        [KNOWN, approved],
      );
      const draft = await call("add_qa_pair", {
        question: "Do you sell kites?",
        answer: "No.",
        as_draft: true,
      });
      assert.equal(draft.status, "draft");
      const refused = await client.callTool({
        name: "add_qa_pair",
        arguments: { question: " ", answer: "No." },
      });
      assert.ok(refused.isError);
      await client.close();
    }
  },
);
