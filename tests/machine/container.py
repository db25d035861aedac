"""The image, built by buildah on a bare Debian, its container, and the PostgreSQL that is beside it."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from otomo import database
from otomo.server import START_DEADLINE, Ran, Server

from machine import COMMAND_DEADLINE, SOURCE, run

PROGRAMS = Path("/usr/lib/postgresql/15/bin")
SOCKETS, HANDED = "/run/postgresql", "/handed"  # in the container


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(type=kind) as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Postgres:
    """A PostgreSQL of our own, reached by the socket in its home; whoever enters is trusted."""

    def __init__(self):
        self.home = Path(tempfile.mkdtemp(prefix="otomo-postgres-"))
        self.home.chmod(0o755)
        shutil.chown(self.home, "postgres")
        as_postgres = ("runuser", "-u", "postgres", "--")
        data = ("-D", self.home / "data")
        run(*as_postgres, PROGRAMS / "initdb", "-A", "trust", *data)
        options = f"-c listen_addresses= -c port=5432 -c unix_socket_directories={self.home}"
        self._control = (*as_postgres, PROGRAMS / "pg_ctl", *data, "-w")
        run(*self._control, "-l", self.home / "log", "-o", options, "start")

    def close(self):
        run(*self._control, "-m", "fast", "stop")
        shutil.rmtree(self.home)


class Buildah:
    """Images and containers in a place of their own, or in STORE, which stays; close () leaves nothing else."""

    def __init__(self, store=None):
        self.home = Path(tempfile.mkdtemp(prefix="otomo-buildah-"))
        self.store = store or self.home / "store"
        self.environment = {**os.environ, "BUILDAH_ISOLATION": "chroot"}

    def line(self, *words):
        place = ("--root", self.store, "--runroot", self.home / "run", "--storage-driver", "vfs")
        return [str(word) for word in ("buildah", *place, *words)]

    def run(self, *words):
        return run(*self.line(*words), env=self.environment).strip()

    def build(self, debian):
        """The image `otomo`, with the tar DEBIAN instead of the registry's image."""
        base = self.run("from", "scratch")
        self.run("add", "-q", base, debian, "/")
        self.run("copy", "-q", base, "/etc/resolv.conf", "/etc/resolv.conf")
        self.run("commit", "-q", base, "localhost/debian")
        self.run("rm", base)
        containerfile = SOURCE / "data/container/Containerfile"
        self.run(
            *("bud", "-q", "--format", "docker", "--build-arg", "BASE=localhost/debian"),
            *("-f", containerfile, "-t", "localhost/otomo", SOURCE),
        )

    def stand_in(self, name, package, start=None):
        """The image NAME, Debian with PACKAGE, in place of a registry's; START: the script that starts
        it, and is ended by SIGINT."""
        base = self.run("from", "localhost/debian")
        install = "apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends"
        self.run("run", base, "--", "sh", "-c", f"{install} {package}")
        if start:
            script = Path(self.run("mount", base)) / "start"
            script.write_text(start)
            script.chmod(0o755)
            self.run("umount", base)
            self.run("config", "--entrypoint", '["/start"]', "--stop-signal", "SIGINT", base)
        self.run("commit", "-q", base, name)
        self.run("rm", base)

    def start(self):
        """A container of it: its name, and its root as seen from here."""
        name = self.run("from", "localhost/otomo")
        return name, Path(self.run("mount", name))

    def inspect(self, what):
        return self.run("inspect", "--type", "image", "--format", what, "localhost/otomo")

    def close(self):
        shutil.rmtree(self.home, ignore_errors=True)


class Container(Server):
    """otomod in a container, with the face of the scenarios' Server. Chroot isolation has the machine's own processes
    and network; so it listens on loopback here, like every server under test."""

    def __init__(self, buildah, postgres):
        super().__init__()
        self.buildah, self.postgres = buildah, postgres
        self.database_dir = postgres.home
        self._name, _ = buildah.start()
        self._handed = self.base / "handed"
        self._handed.mkdir()
        self._handed.chmod(0o777)
        self.address = f"http://127.0.0.1:{free_port()}"
        self.settings = {
            "OTOMO_DATABASE": database.conninfo(SOCKETS),
            "OTOMO_SERVER_LISTEN": self.address.removeprefix("http://"),
            "OTOMO_MEDIA_ADDRESS": "127.0.0.1",
            "OTOMO_MEDIA_PORT": free_port(socket.SOCK_DGRAM),
            "OTOMO_BILLING_UNIT_SECONDS": 1,
            "OTOMO_LIMIT_LOOP_STALL": 0,
            "OTOMO_LIMIT_MEDIA_LAG": 0,
        }

    def inside(self, *words):
        """The line that runs a program in the container, as the image's user."""
        settings = [word for each in self.settings.items() for word in ("-e", "{}={}".format(*each))]
        places = ("-v", f"{self.postgres.home}:{SOCKETS}", "-v", f"{self._handed}:{HANDED}")
        return self.buildah.line("run", *settings, *places, self._name, "--", *words)

    def start(self):
        with self._log_path.open("ab") as log:
            self.process = subprocess.Popen(
                self.inside("otomod"),
                env=self.buildah.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        end = time.monotonic() + START_DEADLINE
        while not self.healthy():
            assert self.process.poll() is None and time.monotonic() < end, self.log()
        Server.running.append(self)
        return self

    def healthy(self):
        """What the image's HEALTHCHECK asks."""
        return self.try_ctl("status").status == 0

    def try_ctl(self, *arguments):
        done = subprocess.run(
            self.inside("otomoctl", *map(str, arguments)),
            env=self.buildah.environment,
            capture_output=True,
            text=True,
            timeout=COMMAND_DEADLINE,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def seed(self, pairs, balance):
        self.ctl("seed", "--pairs", pairs, "--balance", balance, "--tokens", f"{HANDED}/tokens")
        lines = (self._handed / "tokens").read_text().splitlines()
        self.tokens.update(line.split() for line in lines)

    def stop(self):
        """SIGTERM to otomod itself; its exit status, which buildah gives on."""
        os.kill(self._main_pid(), signal.SIGTERM)
        return self.ended()

    def _main_pid(self):
        """otomod is somewhere below the buildah that we have started."""
        pid = self.process.pid
        while Path(f"/proc/{pid}/comm").read_text() != "otomod\n":
            threads = Path(f"/proc/{pid}/task").glob("*/children")
            (pid,) = [child for each in threads for child in each.read_text().split()]
        return int(pid)
