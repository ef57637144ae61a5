// A receiver of webhooks that trusts npm's standardwebhooks alone. Each line on standard input is the secret from now on
// and is answered with `{"secret": true}`; each request prints `{"id", "verified", "type"}`. The first line is its address.
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(`${process.env.PEERS_DIR}/npm/`);
const { Webhook } = require("standardwebhooks");
const print = (line) => console.log(JSON.stringify(line));
let secret;

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const id = request.headers["webhook-id"];
  try {
    const { type } = new Webhook(secret).verify(
      Buffer.concat(chunks).toString(),
      request.headers,
    );
    print({ id, verified: true, type });
    response.writeHead(204).end();
  } catch (error) {
    print({ id, verified: false, type: String(error.message) });
    response.writeHead(400).end();
  }
});
server.listen(0, "127.0.0.1", () =>
  print({ url: `http://127.0.0.1:${server.address().port}/` }),
);
createInterface({ input: process.stdin })
  .on("line", (line) => {
    secret = line;
    print({ secret: true });
  })
  .on("close", () => process.exit());
