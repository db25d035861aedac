"""/healthz and /readyz, for load balancers: whether the process lives, whether it takes calls."""

import threading

from otomo import DEADLINE, database
from otomo.health import ask, wait_ready

READY = {"ready": True, "database": True, "media": True, "busy": False, "draining": False}


def test_ready(server):
    assert ask(server, "/healthz") == (200, {"alive": True})
    assert ask(server, "/readyz") == (200, READY)
    assert ask(server, "/readyz", "HEAD")[0] == 200
    assert ask(server, "/readyz", "POST")[0] == 405


def test_the_database_hangs(server):
    """Seen by what waits for its answer."""
    database.freeze(server.state_dir)
    asking = threading.Thread(target=server.try_ctl, args=("wallet", "top-up", "u1", 1))
    asking.start()
    try:
        wait_ready(server, 503)
        assert ask(server, "/readyz") == (503, {**READY, "ready": False, "database": False})
        assert ask(server, "/healthz") == (200, {"alive": True})
    finally:
        database.thaw(server.state_dir)
        asking.join(DEADLINE)
    wait_ready(server, 200)


def test_the_database_dies(server):
    database.kill(server.state_dir)
    assert ask(server, "/healthz") == (200, {"alive": True})
    wait_ready(server, 200)
