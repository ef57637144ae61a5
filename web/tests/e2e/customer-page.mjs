// A customer's web page with the widget's tag in it: style sheets that fight everything, and a CSP
// that allows the widget's host what the documentation asks for and nothing more.
import { once } from 'node:events';
import { createServer } from 'node:http';

const HOSTILE_CSS = `
  * { font-family: "Comic Sans MS", cursive !important; color: #333; }
  button { background: hotpink !important; border: 4px dashed lime !important; width: 100% !important; }
  div, section { line-height: 3; opacity: 0.4; transform: rotate(2deg); }
  svg { display: none !important; }
  rapport-widget { display: none !important; position: absolute !important; }
  body { margin: 0; background: #faf7f2; }
  main { max-width: 720px; margin: 60px auto; padding: 0 24px; font-size: 18px; line-height: 1.5;
         opacity: 1; transform: none; }`;

const cspFor = (host) =>
  [
    "default-src 'none'",
    `script-src ${host}`,
    `connect-src ${host}`,
    `img-src 'self' data: ${host}`,
    "style-src 'self'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');

/** The tag's `data-` attributes and the page's language come from the query of the page's address. */
const pageFor = (host, { pageLang = 'en', channel = 'ch_demo', ...attributes }) => `<!doctype html>
<html lang="${pageLang}">
  <head>
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Walnut desk</title>
    <link rel="stylesheet" href="/site.css" />
    <link rel="icon" href="data:," />
  </head>
  <body>
    <main>
      <h1>Walnut desk</h1>
      <p>Solid walnut, made to order in four weeks, delivered in Europe.</p>
      <p><a href="#basket">Add to basket</a></p>
    </main>
    <script async src="${host}/widget.js"${Object.entries({ channel, ...attributes })
      .map(([name, value]) => ` data-${name}="${value}"`)
      .join('')}></script>
  </body>
</html>`;

export class CustomerPage {
  #server;

  /** `hasPolicy: false` leaves the CSP away, so that nothing but the widget keeps scripts from running. */
  constructor(widgetHost, { hasPolicy = true } = {}) {
    this.#server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url, 'http://localhost');
      if (pathname === '/site.css') {
        return response.writeHead(200, { 'content-type': 'text/css' }).end(HOSTILE_CSS);
      }
      response.writeHead(200, {
        'content-type': 'text/html; charset=utf-8',
        ...(hasPolicy && { 'content-security-policy': cspFor(widgetHost) }),
      });
      response.end(pageFor(widgetHost, Object.fromEntries(searchParams)));
    });
  }

  async listen() {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.url = `http://127.0.0.1:${this.#server.address().port}`;
    return this;
  }

  close() {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
