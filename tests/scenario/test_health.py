"""/healthz and /readyz, for load balancers: whether the process lives, whether it takes calls."""

import json
import threading
import time
import urllib.error
import urllib.request

from otomo import DEADLINE, database


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


def test_ready(server):
    assert ask(server, "/healthz") == (200, {"alive": True})
    assert ask(server, "/readyz") == (200, {"ready": True})
    assert ask(server, "/readyz", "HEAD")[0] == 200
    assert ask(server, "/readyz", "POST")[0] == 405


def test_the_database_hangs(server):
    """Seen by what waits for its answer."""
    database.freeze(server.state_dir)
    asking = threading.Thread(target=server.try_ctl, args=("wallet", "top-up", "u1", 1))
    asking.start()
    try:
        wait_ready(server, 503)
        assert ask(server, "/readyz") == (503, {"ready": False})
        assert ask(server, "/healthz") == (200, {"alive": True})
    finally:
        database.thaw(server.state_dir)
        asking.join(DEADLINE)
    wait_ready(server, 200)


def test_the_database_dies(server):
    database.kill(server.state_dir)
    assert ask(server, "/healthz") == (200, {"alive": True})
    wait_ready(server, 200)
