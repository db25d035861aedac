"""The server under test, and a client that may break every rule: raw sockets, frames made by hand."""

import base64
import json
import os
import socket
import ssl
import struct
import subprocess
import time

DEADLINE = 20  # seconds that anything awaited may take; a verdict is never a matter of less


class Bench:
    """A process of server.c; settings as its command line has them."""

    def __init__(self, **settings):
        args = [os.environ["NET_BENCH"], *(f"{k}={v}" for k, v in settings.items())]
        self.process = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        self.lines = []
        self.rest = b""
        line = self.next_line()
        self.failed = line.startswith("failed ") and line
        if not self.failed:
            host, _, port = line.split(" ")[1].rpartition(":")
            self.address = (host.strip("[]"), int(port))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            assert self.process.wait(DEADLINE) == 0
        finally:
            self.process.kill()

    def next_line(self):
        while b"\n" not in self.rest:
            chunk = self.process.stdout.read(65536)
            assert chunk, "the server went away"
            self.rest += chunk
        line, _, self.rest = self.rest.partition(b"\n")
        return line.decode()

    def expect(self, start):
        """Reads what the app is told until a line begins so; what came before is skipped."""
        while True:
            line = self.next_line()
            if line.startswith(start):
                return line

    def say(self, command):
        self.process.stdin.write(command.encode() + b"\n")

    def count(self):
        """(sessions, connections)"""
        self.say("count")
        return tuple(int(n) for n in self.expect("count").split(" ")[1:])

    def wait_count(self, wanted):
        end = time.monotonic() + DEADLINE
        while self.count() != wanted:
            assert time.monotonic() < end, f"{self.count()} instead of {wanted}"
            time.sleep(0.01)

    def rss_kib(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))

    def cpu_seconds(self):
        """What its process has used so far."""
        with open(f"/proc/{self.process.pid}/stat") as stat:
            user, system = stat.read().rpartition(") ")[2].split(" ")[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def connect(self, receive_bytes=None):
        sock = socket.socket()
        if receive_bytes:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        sock.settimeout(DEADLINE)
        sock.connect(self.address)
        return sock

    def upgrade(self, query="", headers=(), **how):
        return Client(self, query, headers, **how)

    def join(self, name, **kwargs):
        """An authenticated client; its connection_ack is read."""
        client = self.upgrade(f"?access_token=token-{name}", **kwargs)
        assert client.event()["userId"] == name
        return client


def read_head(sock):
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = sock.recv(1)
        if not byte:
            break
        head += byte
    return head.decode()


class Client:
    """A WebSocket client by hand."""

    def __init__(self, bench, query="", headers=(), tls=False, **how):
        self.sock = bench.connect(**how)
        if tls:
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            self.sock = context.wrap_socket(self.sock)
        lines = [f"GET /v1/socket{query} HTTP/1.1", "Host: localhost", "Upgrade: websocket", "Connection: Upgrade",
                 "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + base64.b64encode(os.urandom(16)).decode(),
                 *headers, "", ""]
        self.sock.sendall("\r\n".join(lines).encode())
        self.head = read_head(self.sock)

    def send_frame(self, opcode, payload=b"", fin=True, masked=True, length=None):
        """length: what the header claims, when that is not the truth."""
        size = len(payload) if length is None else length
        mask = 0x80 if masked else 0
        head = bytes([(0x80 if fin else 0) | opcode])
        if size < 126:
            head += bytes([mask | size])
        elif size < 65536:
            head += bytes([mask | 126]) + struct.pack(">H", size)
        else:
            head += bytes([mask | 127]) + struct.pack(">Q", size)
        self.sock.sendall(head + (bytes(4) if masked else b"") + payload)  # a mask of zeros changes nothing

    def send(self, event=None, **fields):
        message = fields if event is None else {"type": event, **fields}
        self.send_frame(1, json.dumps(message).encode())

    def send_text(self, text):
        self.send_frame(1, text.encode() if isinstance(text, str) else text)

    def read_exactly(self, n):
        data = b""
        while len(data) < n:
            chunk = self.sock.recv(n - len(data))
            if not chunk:
                raise EOFError
            data += chunk
        return data

    def frame(self):
        """(opcode, payload) of the next frame."""
        first, second = self.read_exactly(2)
        size = second & 0x7F
        if size == 126:
            size, = struct.unpack(">H", self.read_exactly(2))
        elif size == 127:
            size, = struct.unpack(">Q", self.read_exactly(8))
        return first & 0x0F, self.read_exactly(size)

    def event(self):
        """The next message; pings are not answered."""
        while True:
            opcode, payload = self.frame()
            if opcode == 1:
                return json.loads(payload)
            assert opcode == 9, f"frame {opcode} {payload!r} instead of an event"

    def error(self):
        event = self.event()
        assert event["type"] == "error", event
        return event["code"], event["message"]

    def close_code(self):
        """Reads until the server closes; its code, or None where the connection just ended."""
        try:
            while True:
                opcode, payload = self.frame()
                if opcode == 8:
                    return struct.unpack(">H", payload[:2])[0]
        except (EOFError, ConnectionError):
            return None

    def ended(self):
        """Reads to the end of the connection."""
        try:
            while self.sock.recv(65536):
                pass
        except ConnectionError:
            pass
        return True
