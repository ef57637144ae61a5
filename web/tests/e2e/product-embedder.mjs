// An embeddings endpoint on this machine, as OpenAI and Ollama offer it, that answers, waits or refuses as a test says.
import { once } from 'node:events';
import { createServer } from 'node:http';

const LENGTH = 64;

export class FakeEmbedder {
  /** Requests from now on that are answered before the others have to wait; `release` ends that. */
  answersAtOnce = Infinity;
  /** The status with which it refuses everything, or 0. */
  refusesWith = 0;
  /** The `authorization` of every request. */
  keys = new Set();

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

  release() {
    this.answersAtOnce = Infinity;
    for (const go of this.#waiting.splice(0)) go();
  }

  async #answer(request, response) {
    const { input } = JSON.parse(Buffer.concat(await request.toArray()));
    this.keys.add(request.headers.authorization);
    if (--this.answersAtOnce < 0) await new Promise((go) => this.#waiting.push(go));
    if (this.refusesWith) return response.writeHead(this.refusesWith).end();
    const data = input.map((text, index) => ({ index, embedding: vectorOf(text) }));
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ data }));
  }
}

/** Texts that share words lie near each other. */
function vectorOf(text) {
  const vector = new Array(LENGTH).fill(0.01);
  for (const word of text.toLowerCase().match(/\w+/g) ?? []) {
    let place = 0;
    for (const letter of word) place = (place * 31 + letter.codePointAt(0)) % LENGTH;
    vector[place] += 1;
  }
  return vector;
}
