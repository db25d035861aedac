"""The operator's own system: an HTTP server that takes webhooks, checks their signatures by itself,
and answers what a test wants."""

import base64
import hashlib
import hmac
import http.server
import json
import threading
import time
from collections import defaultdict

from . import DEADLINE

CLOCK_SLACK = 300  # seconds that a receiver allows, as the specification recommends


class Delivery:
    """One try: `id`, `type`, `data`, and the whole `body` as it came."""

    def __init__(self, headers, body):
        self.id, self.body = headers["webhook-id"], body
        event = json.loads(body)
        self.type, self.data, self.timestamp = event["type"], event["data"], event["timestamp"]

    def __repr__(self):
        return f"{self.type} {self.data}"


class Endpoint:
    """Made with the SECRETS that it accepts. `answers[type]` holds the statuses of the next tries of
    that type, 204 when there are none left; a `hang` among them is never answered."""

    hang = "hang"

    def __init__(self, *secrets):
        self.secrets = self.keys(*secrets)
        self.answers = defaultdict(list)
        self.faults = []  # what must not happen
        self._deliveries = []
        self._news = threading.Condition(threading.RLock())
        self._closing = threading.Event()
        endpoint = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = endpoint.take(self.path, self.headers, body)
                if status == Endpoint.hang:
                    endpoint._closing.wait()
                    return
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # a client that was killed; a handler's own faults are in `faults`

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hooks"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @staticmethod
    def keys(*secrets):
        return [base64.b64decode(secret.removeprefix("whsec_")) for secret in secrets]

    def signed(self, headers, body):
        content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        valid = {
            "v1," + base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
            for key in self.secrets
        }
        age = abs(time.time() - int(headers["webhook-timestamp"]))
        return age < CLOCK_SLACK and valid & set(headers["webhook-signature"].split())

    def take(self, path, headers, body):
        delivery = Delivery(headers, body)
        if path != "/hooks":
            self.faults.append(f"{delivery} came to {path}")
        if not self.signed(headers, body):
            self.faults.append(f"{delivery} is not signed by us")
        if headers["Content-Type"] != "application/json":
            self.faults.append(f"{delivery} comes as {headers['Content-Type']}")
        with self._news:
            self._deliveries.append(delivery)
            self._news.notify_all()
            answers = self.answers[delivery.type]
            return answers.pop(0) if answers else 204

    def tries(self, kind, **data):
        """All so far of this type with these data."""
        with self._news:
            return [
                each
                for each in self._deliveries
                if each.type == kind and data.items() <= each.data.items()
            ]

    def expect(self, kind, n=1, deadline=DEADLINE, **data):
        """Waits for the Nth try of this type with these data. Blocks: call it aside ()."""
        with self._news:
            came = self._news.wait_for(lambda: len(self.tries(kind, **data)) >= n, deadline)
            assert came, f"no {kind} {data} ({n}): {self._deliveries}"
            return self.tries(kind, **data)[n - 1]

    def close(self):
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
