"""The server's private PostgreSQL, read from outside, and put away when its server was killed."""

import contextlib
import os
import signal
import time
from pathlib import Path

import psycopg2
import psycopg2.extras

from . import DEADLINE


def postmaster_pid(state_dir):
    """The process that serves the database of this state directory, None when there is none."""
    found = list(Path(state_dir).glob("**/postmaster.pid"))
    if not found:
        return None
    pid = int(found[0].read_text().split()[0])
    name = Path(f"/proc/{pid}/comm")  # a pid file that was left behind may name another's process
    return pid if name.exists() and name.read_text() == "postgres\n" else None


def stop_orphan(state_dir):
    """Ends a database whose server was killed by a test; nothing happens when there is none."""
    pid = postmaster_pid(state_dir)
    if pid is None:
        return
    os.kill(pid, signal.SIGINT)
    end = time.monotonic() + DEADLINE
    while postmaster_pid(state_dir) and time.monotonic() < end:
        time.sleep(0.02)


def _signal(state_dir, sign):
    """To the postmaster and all its children."""
    pid = postmaster_pid(state_dir)
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for each in (pid, *map(int, children)):
        with contextlib.suppress(ProcessLookupError):  # a child that has just ended
            os.kill(each, sign)


def kill(state_dir):
    """The whole of PostgreSQL dies at once, as when the machine loses its power."""
    _signal(state_dir, signal.SIGKILL)


def freeze(state_dir):
    """PostgreSQL neither answers nor goes away, until thaw ()."""
    _signal(state_dir, signal.SIGSTOP)


def thaw(state_dir):
    _signal(state_dir, signal.SIGCONT)


def connect(state_dir):
    """As the server does, by the socket in its directory; whoever can enter that is trusted."""
    sockets = list(Path(state_dir).glob("**/.s.PGSQL.*[0-9]"))
    assert len(sockets) == 1, f"not one PostgreSQL serves {state_dir}: {sockets}"
    connection = psycopg2.connect(
        host=str(sockets[0].parent),
        port=sockets[0].suffix[1:],
        user="postgres",
        dbname="postgres",
        connect_timeout=int(DEADLINE),
    )
    connection.autocommit = True
    return connection


def rows(state_dir, query, values=()):
    """The rows of a query, each a dict."""
    connection = connect(state_dir)
    try:
        with connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
            cursor.execute(query, values)
            return [dict(row) for row in cursor.fetchall()]
    finally:
        connection.close()


def execute(state_dir, statement, values=()):
    connection = connect(state_dir)
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
    finally:
        connection.close()
