// The real server for the end-to-end tests: the binary that cargo built, with the demonstration shop
// in it, on a data folder of its own that is gone afterwards.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const fromRoot = (path) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const BINARY = process.env.RAPPORT_BINARY ?? fromRoot('target/debug/rapport');
const RUNTIME = process.env.RAPPORT_RUNTIME_DIR ?? fromRoot('runtime');
const STOPS_WITHIN_MS = 60_000;

/** Why the real server cannot be tried here, or false. Printed, so that nobody takes a skip for a pass. */
export function reasonToSkip() {
  const missing = [BINARY, RUNTIME].find((path) => !existsSync(path));
  if (!missing) return false;
  const reason = `skipped: ${missing} is missing (run \`make setup\` and \`cargo build -p server\`)`;
  console.log(reason);
  return reason;
}

export class ProductServer {
  #child;
  #dataDir;
  #stderr = '';

  /**
   * Starts the demonstration on a fresh data folder and waits until it is ready; with what its team has entered of
   * clients, deals and orders if it `hasSales`.
   */
  static async start(settings = {}, { hasSales = false } = {}) {
    const server = new ProductServer();
    // The database runs as an unprivileged user, who must be able to reach it.
    server.#dataDir = await mkdtemp('/var/tmp/rapport-e2e-');
    await chmod(server.#dataDir, 0o755);
    await server.#launch(settings, hasSales);
    return server;
  }

  async #launch(settings, hasSales) {
    const args = ['demo', '--data-dir', this.#dataDir, '--listen', '127.0.0.1:0', '--json'];
    if (!hasSales) args.push('--without-sales');
    const env = { ...withoutSettings(process.env), RAPPORT_RUNTIME_DIR: RUNTIME, ...settings };
    this.#child = spawn(BINARY, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stderr.on('data', (chunk) => (this.#stderr += chunk));
    const lines = createInterface({ input: this.#child.stdout });
    const [line] = await Promise.race([once(lines, 'line'), once(this.#child, 'exit')]);
    assert.equal(typeof line, 'string', `the server ended: ${this.#stderr.slice(-2000)}`);
    const { url, channel_key, api_key, email, password } = JSON.parse(line);
    Object.assign(this, { url, channelKey: channel_key, account: { email, password } });
    this.api = new ApiClient(url, { authorization: `Bearer ${api_key}` });
  }

  /** The address of its database, as the owner. */
  databaseUrl() {
    const args = ['psql', '--url', '--data-dir', this.#dataDir];
    const env = { ...withoutSettings(process.env), RAPPORT_RUNTIME_DIR: RUNTIME };
    return execFileSync(BINARY, args, { env, encoding: 'utf8' }).trim();
  }

  /** What the database itself says, as its owner who sees every tenant: lists of texts, of the last statement. */
  rows(sql) {
    const args = ['psql', '--data-dir', this.#dataDir, '--', '-qAt', '-F', '\t', '-c', sql];
    const env = { ...withoutSettings(process.env), RAPPORT_RUNTIME_DIR: RUNTIME };
    const text = execFileSync(BINARY, args, { env, encoding: 'utf8' }).trim();
    return text ? text.split('\n').map((line) => line.split('\t')) : [];
  }

  /** Asks it to stop, which it must do by itself and without complaint. */
  async stop() {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    const lastResort = setTimeout(() => this.#child.kill('SIGKILL'), STOPS_WITHIN_MS);
    const [code, signal] = await ended;
    clearTimeout(lastResort);
    await rm(this.#dataDir, { recursive: true, force: true });
    assert.deepEqual([code, signal], [0, null], `the server stops cleanly: ${this.#stderr}`);
  }

  /** The dashboard API as the person who owns the demonstration uses it: with a session. */
  signIn({ email, password } = this.account) {
    return this.#session('/session', { email, password });
  }

  /** The same for a new business. */
  signUp(account) {
    return this.#session('/sign-up', account);
  }

  /** Somebody new who follows an invitation's link. */
  async joinBy(url, { name, email, password }) {
    const token = url.split('/').at(-1);
    const body = { name, email, password };
    await new ApiClient(this.url).send('POST', `/invitations/by-token/${token}/accept`, body);
  }

  async #session(path, body) {
    const response = await new ApiClient(this.url).send('POST', path, body);
    const [cookie] = response.headers.getSetCookie().map((one) => one.split(';')[0]);
    return new ApiClient(this.url, { cookie, origin: this.url });
  }
}

/** The environment without what would point the server elsewhere. */
function withoutSettings(env) {
  const isOurs = (name) => name.startsWith('RAPPORT_') || name === 'DATABASE_URL';
  return Object.fromEntries(Object.entries(env).filter(([name]) => !isOurs(name)));
}

/** JSON over HTTP, below one root. */
class ApiClient {
  #root;
  #headers;

  constructor(url, headers = {}, root = '/api/v1') {
    this.#root = url + root;
    this.#headers = headers;
  }

  async send(method, path, body) {
    const response = await fetch(this.#root + path, {
      method,
      headers: { ...this.#headers, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok) {
      assert.fail(`${method} ${path}: ${response.status} ${await response.text()}`);
    }
    return response;
  }

  async get(path) {
    return (await this.send('GET', path)).json();
  }

  async post(path, body) {
    return (await this.send('POST', path, body)).json();
  }

  /** A file as it is, with its name. */
  async upload(path, body) {
    const response = await fetch(this.#root + path, {
      method: 'POST',
      headers: this.#headers,
      body,
    });
    if (!response.ok) assert.fail(`POST ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  async patch(path, body) {
    return (await this.send('PATCH', path, body)).json();
  }
}

/** A visitor without a browser, on the public Widget API. */
export class Visitor {
  /** `session`: what the widget would send when it begins, such as `page_url`. */
  static async begin(url, channelKey, session = {}) {
    const visitor = new Visitor();
    const root = `/api/widget/${channelKey}`;
    const begun = await new ApiClient(url, {}, root).post('/sessions', session);
    visitor.token = begun.visitor_token;
    visitor.conversationId = begun.conversation.id;
    const authorization = `Bearer ${visitor.token}`;
    visitor.api = new ApiClient(url, { authorization, accept: 'application/json' }, root);
    return visitor;
  }

  /** Gives what the server gives: the stored message, the conversation and the answer. */
  ask(text) {
    return this.api.post('/messages', { client_message_id: crypto.randomUUID(), text });
  }
}
