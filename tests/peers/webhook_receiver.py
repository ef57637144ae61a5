"""The same as webhook-receiver.mjs, with PyPI's standardwebhooks."""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

secret = ""
line_at_a_time = threading.Lock()


def say(**line):
    with line_at_a_time:
        print(json.dumps(line), flush=True)


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            event = Webhook(secret).verify(body, headers)
            verified, kind = True, event["type"]
        except WebhookVerificationError as error:
            verified, kind = False, str(error)
        say(id=headers.get("webhook-id"), verified=verified, type=kind)
        self.send_response(204 if verified else 400)
        self.end_headers()

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=server.serve_forever, daemon=True).start()
say(url=f"http://127.0.0.1:{server.server_port}/")
for line in sys.stdin:
    secret = line.strip()
    say(secret=True)
