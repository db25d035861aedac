"""The server's door as a hostile client sees it: raw sockets, frames made by hand, and what the server's process takes
meanwhile."""

import os
import socket
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "component" / "net"))
from bench import DEADLINE, Client  # noqa: E402

__all__ = ["DEADLINE", "Client", "Door"]


class Door:
    """Of a server of the scenario toolkit; USER_ID is who attacks."""

    def __init__(self, server, user_id):
        address = urlsplit(server.address)
        self.address = (address.hostname, address.port)
        self.pid = server.process.pid
        self.user_id, self.token = user_id, server.tokens[user_id]

    def connect(self):
        sock = socket.create_connection(self.address, DEADLINE)
        sock.settimeout(DEADLINE)
        return sock

    def upgrade(self, **options):
        return Client(self, **options)

    def join(self):
        """An authenticated connection."""
        client = Client(self, query=f"?access_token={self.token}")
        assert client.event()["type"] == "connection_ack"
        return client

    def rss_kib(self):
        status = Path(f"/proc/{self.pid}/status").read_text()
        return next(
            int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")
        )

    def wait_for_memory(self, kib):
        """Until the server's process holds no more than that."""
        end = time.monotonic() + DEADLINE
        while self.rss_kib() > kib:
            assert time.monotonic() < end, f"{self.rss_kib()} KiB are held, not {kib}"
            time.sleep(0.05)

    def open_files(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def wait_for_files(self, count):
        """Until the server has no more than COUNT files open: the connections are gone."""
        end = time.monotonic() + 3 * DEADLINE
        while self.open_files() > count:
            assert time.monotonic() < end, f"{self.open_files()} files are open, not {count}"
            time.sleep(0.05)
