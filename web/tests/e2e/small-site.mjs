// A web site on this machine, whose pages a test writes, takes away and holds back.
import { once } from 'node:events';
import { createServer } from 'node:http';

export class SmallSite {
  #server;
  #held = new Map();
  pages = new Map();

  static async start() {
    const site = new SmallSite();
    site.#server = createServer((request, response) => void site.#answer(request, response));
    site.#server.listen(0, '127.0.0.1');
    await once(site.#server, 'listening');
    site.url = `http://127.0.0.1:${site.#server.address().port}`;
    return site;
  }

  stop() {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** With a heading and a main part. */
  write(path, title, body) {
    const main = `<main><h1>${title}</h1>${body}</main>`;
    this.pages.set(path, `<!doctype html><html lang=en><title>${title}</title>${main}</html>`);
  }

  /** From now on the page does not come, until `release`. */
  hold(path) {
    let release;
    this.#held.set(path, new Promise((resolve) => (release = resolve)));
    return () => {
      this.#held.delete(path);
      release();
    };
  }

  async #answer({ url }, response) {
    await this.#held.get(url);
    const page = this.pages.get(url);
    response.writeHead(page ? 200 : 404, { 'content-type': 'text/html; charset=utf-8' });
    response.end(page ?? 'There is no such page.');
  }
}
