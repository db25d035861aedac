"""What a server says of itself at /healthz and /readyz."""

import json
import time
import urllib.error
import urllib.request

from . import DEADLINE


def ask(server, path, method="GET"):
    request = urllib.request.Request(server.address + path, method=method)
    try:
        with urllib.request.urlopen(request, timeout=DEADLINE) as answer:
            return answer.status, json.loads(answer.read() or "null")
    except urllib.error.HTTPError as refused:
        return refused.code, json.loads(refused.read() or "null")


def wait_ready(server, status):
    end = time.monotonic() + DEADLINE
    while ask(server, "/readyz")[0] != status:
        assert time.monotonic() < end, f"/readyz has not become {status}"
        time.sleep(0.05)
