"""Servers to be measured: one of ours from its build directory, or another behind the same protocol. Each runs on SERVER_CORE,
with all that it starts; what loads it belongs on CLIENT_CORE."""

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

SERVER_CORE, CLIENT_CORE = "0", "1"
START_SECONDS, STOP_SECONDS = 60, 20
# What it carries, not what it takes.
UNLIMITED = {f"limit.{name}": 0 for name in ("address_connections", "loop_stall", "media_lag", "record_lag")}


def children(pid):
    listed = subprocess.run(["ps", "-o", "pid=,comm=", "--ppid", str(pid)], capture_output=True, text=True).stdout
    for line in listed.splitlines():
        child, name = line.split(None, 1)
        yield int(child), name
        yield from children(int(child))


class Otomod:
    """A build of ours, with a database of its own and people for the test."""

    def __init__(self, name, build, settings=UNLIMITED):
        self.name, self.build, self.settings = name, Path(build), settings

    def start(self, pairs):
        self.dir = Path(tempfile.mkdtemp(prefix="otomo-bench-"))
        self.dir.chmod(0o755)
        self.state_dir = self.dir / "state"
        self.tokens = self.dir / "tokens"
        command = ["taskset", "-c", SERVER_CORE, self.build / "otomod", "--listen", "127.0.0.1:0", "--state-dir", self.state_dir]
        known = subprocess.run([self.build / "otomod", "--print-config"], capture_output=True, text=True).stdout
        for name, value in self.settings.items():
            if f"\n{name.split('.')[1]}=" in known:  # an older release may not have it
                command += ["--set", f"{name}={value}"]
        with (self.dir / "log").open("w") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        found = re.search(r"http://(\S+)", self.process.stdout.readline())
        if not found:
            raise RuntimeError(f"{self.name} does not start:\n{(self.dir / 'log').read_text()}")
        self.url = f"ws://{found.group(1)}/v1/socket"
        seed = ["seed", "--pairs", str(pairs), "--balance", "1000000", "--tokens", self.tokens]
        subprocess.run([self.build / "otomoctl", "--state-dir", self.state_dir, *seed], check=True)
        return self.process.pid

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)


class Peer:
    """Another server, as the file of peers describes it."""

    def __init__(self, spec):
        self.spec, self.name = spec, spec["name"]
        self.url = f"ws://127.0.0.1:{spec['port']}/v1/socket"

    def start(self, pairs):
        self.tokens = Path(tempfile.mkstemp(prefix="otomo-bench-")[1])  # empty: nobody is asked for one
        self.process = subprocess.Popen(
            ["taskset", "-c", SERVER_CORE, "sh", "-c", "exec " + self.spec["cmd"]],
            env={**os.environ, **self.spec.get("env", {})},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.spec["port"]), 1).close()
                break
            except OSError:
                if time.monotonic() > end or self.process.poll() is not None:
                    raise RuntimeError(f"{self.name} does not start") from None
                time.sleep(0.1)
        where = self.spec.get("pid", "self")
        if where.startswith("file:"):
            return int(Path(where[5:]).read_text())
        if where.startswith("child:"):
            return next(pid for pid, name in children(self.process.pid) if where[6:] in name)
        return self.process.pid

    def stop(self):
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.tokens.unlink()
