"""The real otomod with a state directory of its own, and otomoctl against it. Nothing here is
asynchronous: tests call it through scene.aside () so that voices flow on meanwhile."""

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections import namedtuple
from pathlib import Path

from . import DEADLINE, database

START_DEADLINE = 60.0  # seconds; initdb included, on a busy machine under a sanitizer
STOP_DEADLINE = 30.0
LOOK_INTERVAL = 0.02  # seconds between two looks into the database
PROGRAMS = {"otomod": "OTOMOD", "otomoctl": "OTOMOCTL"}

# Other tests keep the machine busy: a server refuses no call because of it unless a test says so.
PATIENT = {"limit.loop_stall": 0, "limit.media_lag": 0, "limit.record_lag": 0}

# A test has few calls, and hundreds of servers are started.
SMALL = {"media.prepared_calls": 2}

# What must never be in a log: criticals and warnings of GLib and its kin, in our lines or in theirs,
# findings of sanitizers.
LIBRARIES = r"(GLib|GStreamer|GObject|Gst\w*|libsoup|Json)[\w-]*"
TROUBLE = re.compile(
    r"CRITICAL|assertion .* failed"
    rf"|(WARN|ERROR) +{LIBRARIES} |{LIBRARIES}[\s-]+(\*\* )?WARN"
    r"|AddressSanitizer|LeakSanitizer|runtime error:|Segmentation fault"
)

Ran = namedtuple("Ran", "status out err")


def program(name):
    """The path of a program of the build, from the environment (meson sets it)."""
    path = os.environ.get(PROGRAMS[name])
    assert path, f"set {PROGRAMS[name]} to the {name} to test (meson test does)"
    return path


def run(*command, env=None, deadline=START_DEADLINE):
    """Runs a program to its end."""
    done = subprocess.run(
        command, env={**os.environ, **(env or {})}, capture_output=True, text=True, timeout=deadline
    )
    return Ran(done.returncode, done.stdout, done.stderr)


class Server:
    """One otomod. SETTINGS are {"group.key": value}; ARGS further arguments; ENV further
    environment. LANDLORD: the server whose private PostgreSQL it shares, reached by the socket in
    DOOR (None: PostgreSQL's own)."""

    running = []  # all that live now: conftest.py looks after each test at their books and logs

    def __init__(self, settings=None, args=(), env=None, landlord=None, door=None):
        self.base = Path(tempfile.mkdtemp(prefix="otomo-test-"))
        self.base.chmod(0o755)  # the private PostgreSQL may run as a user of its own
        self.state_dir = self.base / "state"
        self.settings = {**PATIENT, **SMALL, **(settings or {})}
        self.args, self.env = list(args), dict(env or {})
        self.database_dir = (landlord or self).state_dir
        if landlord:
            door = door or database.socket(self.database_dir).parent
            self.args += ["--database", database.conninfo(door)]
        self.process = None
        self.address = self._monitor = None
        self.tokens = {}
        self._log_path = self.base / "log"
        self._log_checked = 0

    # Start and stop ---------------------------------------------------------------------------

    def command(self, settings=None, args=None, state_dir=None):
        """The line that starts it; tests of the start itself change parts of it."""
        settings = self.settings if settings is None else settings
        args = self.args if args is None else args
        line = [program("otomod"), "--state-dir", str(state_dir or self.state_dir)]
        if "--listen" not in args:
            line += ["--listen", "127.0.0.1:0"]
        for key, value in settings.items():
            line += ["--set", f"{key}={value}"]
        return [*line, *args]

    def start(self):
        """Starts, and waits until it says where it listens."""
        with self._log_path.open("ab") as log:
            self.process = subprocess.Popen(
                self.command(),
                env={**os.environ, **self.env},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        listening = threading.Event()
        threading.Thread(target=self._read_stdout, args=(listening,), daemon=True).start()
        listening.wait(START_DEADLINE)
        if not self.address:
            self.kill()
            raise AssertionError(f"otomod does not serve:\n{self.log()}")
        Server.running.append(self)
        return self

    def _read_stdout(self, listening):
        self.address = self._monitor = None
        for line in self.process.stdout:
            found = re.fullmatch(r"listening on (https?://\S+:\d+)\n", line)
            if found:
                self.address = found.group(1)
                listening.set()
        listening.set()  # the end of the output: no further word will come

    @property
    def url(self):
        return self.address.replace("http", "ws", 1)

    @property
    def monitor(self):
        """Where /metrics is, with admin.listen."""
        if self._monitor is None:
            self._monitor = self.ctl("console").split("/console/")[0]
        return self._monitor

    def stop(self):
        """Ends it as an operator does; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.ended()

    def ended(self):
        """Waits until it has ended; its exit status."""
        try:
            status = self.process.wait(STOP_DEADLINE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(
                f"otomod does not stop within {STOP_DEADLINE} s:\n{self.log()}"
            ) from None
        Server.running.remove(self)
        return status

    def kill(self):
        """SIGKILL: no word to anybody."""
        self.process.kill()
        self.process.wait()
        if self in Server.running:
            Server.running.remove(self)

    def close(self):
        """Ends it cleanly if it runs, looks at its log for the last time, and leaves nothing
        behind."""
        try:
            if self in Server.running:
                self.audit()
                status = self.stop()
                assert status == 0, f"otomod ended with status {status}:\n{self.log()}"
                self.check_log()
                left = database.postmaster_pid(self.state_dir)
                assert left is None, f"otomod has left its PostgreSQL running (process {left})"
        finally:
            if self.process and self.process.poll() is None:
                self.kill()  # something above has failed
            database.stop_orphan(self.state_dir)
            shutil.rmtree(self.base, ignore_errors=True)

    # Its log ----------------------------------------------------------------------------------

    def log(self):
        return self._log_path.read_text(errors="replace") if self._log_path.exists() else ""

    def wait_for_log(self, words, after=0):
        """Waits until these words are in the log, behind its first AFTER characters."""
        end = time.monotonic() + DEADLINE
        while words not in self.log()[after:]:
            assert time.monotonic() < end, f"not in the log: {words}\n{self.log()[after:]}"
            time.sleep(LOOK_INTERVAL)

    def reload(self):
        """Certificate and keys are read again."""
        before = len(self.log())
        self.process.send_signal(signal.SIGHUP)
        self.wait_for_log("reload: certificate and keys were read", before)

    def check_log(self):
        """Nothing in the log since the last look that must not be there."""
        fresh = self.log()[self._log_checked :]
        self._log_checked += len(fresh)
        bad = [line for line in fresh.splitlines() if TROUBLE.search(line)]
        assert not bad, (
            "in otomod's log:\n" + "\n".join(bad) + "\n\nall since the last look:\n" + fresh
        )

    # The operator -----------------------------------------------------------------------------

    def try_ctl(self, *arguments):
        """Runs otomoctl; how it went."""
        return run(program("otomoctl"), "--state-dir", str(self.state_dir), *map(str, arguments))

    def ctl(self, *arguments):
        """Runs otomoctl, which must succeed; its output."""
        ran = self.try_ctl(*arguments)
        assert ran.status == 0, f"otomoctl {' '.join(map(str, arguments))}: {ran}"
        return ran.out

    def audit(self):
        """The books are right: all invariants of BILLING.md."""
        ran = self.try_ctl("audit")
        assert ran.status == 0, f"otomoctl audit: status {ran.status}\n{ran.out}{ran.err}"

    def seed(self, pairs, balance):
        """Users u1…uN with BALANCE points, otomos o1…oN; their tokens are kept in self.tokens."""
        path = self.base / "tokens"
        self.ctl("seed", "--pairs", pairs, "--balance", balance, "--tokens", path)
        self.tokens.update(line.split() for line in path.read_text().splitlines())

    def add(self, user_id, role, *options, balance=0):
        """One more person, with a token in self.tokens."""
        self.ctl("user", "add", user_id, "--role", role, *options)
        if balance:
            self.ctl("wallet", "top-up", user_id, balance)
        self.tokens[user_id] = self.ctl("token", user_id).strip()

    def call(self, call_id):
        """All that is known of a call."""
        return json.loads(self.ctl("call", "show", call_id, "--json"))

    def rows(self, query, *values):
        """What the database itself says: a list of dicts."""
        return database.rows(self.database_dir, query, values)

    def execute(self, statement, *values):
        """Changes the database behind the server's back."""
        database.execute(self.database_dir, statement, values)

    def rows_when(self, query, *values):
        """Waits until there are such rows."""
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            rows = self.rows(query, *values)
            if rows:
                return rows
            time.sleep(LOOK_INTERVAL)
        raise AssertionError(f"never: {query} {values}")

    def spend(self, user_id, points):
        """The user spends points somewhere else, once."""
        self.execute(
            "INSERT INTO transfers (id, debit_account, credit_account, amount, kind, operator, reason)"
            " VALUES (%s, %s, 'platform/00', %s, 'adjustment', 'test', 'spent elsewhere')",
            f"adjustment/{user_id}",
            f"wallet/{user_id}",
            points,
        )
