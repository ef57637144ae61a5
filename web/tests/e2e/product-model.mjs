// A language model that says what the test wants, behind the interface that Ollama and vLLM offer too.
import { once } from 'node:events';
import { createServer } from 'node:http';

/** Within what is said: wait here until `release()`. */
export const HOLD = Symbol('hold');

export class FakeModel {
  /** What it says to a question, piece by piece; or null, and it fails. */
  reply = () => null;

  #server = createServer((request, response) => void this.#answer(request, response));
  #waiting = [];

  async listen() {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.url = `http://127.0.0.1:${this.#server.address().port}/v1`;
    return this;
  }

  close() {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** Lets every answer that waits go on. */
  release() {
    for (const go of this.#waiting.splice(0)) go();
  }

  /** The credential that makes a tenant use it. */
  get credential() {
    return { provider: 'openai_compatible', model: 'fake', key: '', base_url: this.url };
  }

  async #answer(request, response) {
    const { messages } = JSON.parse(Buffer.concat(await request.toArray()));
    const pieces = this.reply(messages.at(-1).content);
    if (!pieces) return response.writeHead(400).end();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const piece of pieces) {
      if (piece === HOLD) await new Promise((go) => this.#waiting.push(go));
      else write(response, { delta: { content: piece }, finish_reason: null });
    }
    write(response, { delta: {}, finish_reason: 'stop' });
    response.end('data: [DONE]\n\n');
  }
}

function write(response, choice) {
  response.write(`data: ${JSON.stringify({ choices: [{ index: 0, ...choice }] })}\n\n`);
}
