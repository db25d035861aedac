"""A reader's terminals: types a page's blocks, in order, as they stand there."""

import os
import queue
import shlex
import signal
import subprocess
import threading
import time

from page import commands, dialogue, matches

DEADLINE = 1800.0  # seconds that a block may take: one may install and build everything
STOP_DEADLINE = 60.0
READY = ("listening on ", "Serving HTTP on ", "waits for a call")  # what a server says when it is there
END = "end-of-block-4711"
# A server that shares its machine with tests stands still at times; that is no reason to refuse a call.
PATIENT = {"OTOMO_LIMIT_LOOP_STALL": "0", "OTOMO_LIMIT_MEDIA_LAG": "0"}


class Failed(AssertionError):
    pass


class Terminal:
    """A bash, begun by PREFIX (how one gets to where the reader sits)."""

    def __init__(self, prefix, script=None, env=None):
        # Ctrl-C is for what runs inside, not for what has brought us there
        self.process = subprocess.Popen(
            [*prefix, "env", "--default-signal=INT", "bash", "--noprofile", "--norc", *(["-c", script] if script else [])],
            stdin=subprocess.DEVNULL if script else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            bufsize=1,
            env={**os.environ, **(env or {})},
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
        )
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def until(self, test):
        """Lines up to the one for which TEST is true; Failed with what there was, if it never comes."""
        seen, end = [], time.monotonic() + DEADLINE
        while True:
            try:
                line = self.lines.get(timeout=max(0, end - time.monotonic()))
            except queue.Empty:
                line = None
            if line is None:
                raise Failed("\n".join(seen))
            seen.append(line)
            if test(line):
                return seen

    def type(self, text):
        """Runs commands, the first that fails ends it; what they printed."""
        self.process.stdin.write(f"set -e; eval {shlex.quote(text)} </dev/null; echo; echo {END}\n")
        seen = self.until(END.__eq__)[:-1]
        return seen[:-1] if seen and not seen[-1] else seen  # the line break that we have put there

    def interrupt(self):
        """Ctrl-C, if it has not ended by itself; what it ends with."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(STOP_DEADLINE)

    def close(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Reader:
    """Goes through pages; close () ends what was left running. DIRECTORY: where the reader sits."""

    def __init__(self, prefix, directory, env=None):
        self.prefix, self.directory, self.env = list(prefix), directory, env
        self.terminal = Terminal(self.prefix, env=env)
        self.terminal.type(f"cd {shlex.quote(str(directory))}")
        self.servers = []
        self.typed = []  # blocks, for who wants to know what has been run

    def read(self, path, but=lambda block: False):
        """Types a page's blocks, but those that no test can run, and BUT."""
        for block in commands(path):
            if block.reason or but(block):
                continue
            try:
                self._type(block)
            except Failed as failed:
                raise Failed(f"{block.page}:{block.line}:\n{block.text}\n---\n{failed}") from None
            self.typed.append(block)

    def _type(self, block):
        if block.kind == "sh server":
            server = Terminal(self.prefix, f"cd {shlex.quote(str(self.directory))}; {block.text}", self.env)
            self.servers.append(server)
            server.until(lambda line: any(word in line for word in READY))
        elif block.kind == "console":
            for command, expected in dialogue(block.text):
                printed = self.terminal.type(command)
                if expected and not matches(expected, printed):
                    raise Failed(f"$ {command}\nprinted\n" + "\n".join(printed))
        else:
            self.terminal.type(block.text)

    def close(self):
        try:
            for server in reversed(self.servers):
                assert server.interrupt() == 0, "it did not end in order"
        finally:
            for each in [*self.servers, self.terminal]:
                each.close()
