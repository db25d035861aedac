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
    try:
        (file,) = Path(state_dir).glob("**/postmaster.pid")
        pid = int(file.read_text().split()[0])
    except (ValueError, FileNotFoundError):  # there is none, or it is just going
        return None
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


def socket(state_dir):
    """PostgreSQL's own."""
    sockets = list(Path(state_dir).glob("**/.s.PGSQL.*[0-9]"))
    assert len(sockets) == 1, f"not one PostgreSQL serves {state_dir}: {sockets}"
    return sockets[0]


def conninfo(directory, name="postgres"):
    """How the socket in DIRECTORY is reached, and which database of it, as libpq reads it."""
    return f"host={directory} port=5432 user=postgres dbname={name}"


def connect(state_dir, epoch=None, name="postgres"):
    """By the socket in its directory; whoever can enter that is trusted. As the schema's owner, not
    in the server's role; EPOCH: of the lease under which calls are written."""
    connection = psycopg2.connect(
        conninfo(socket(state_dir).parent, name),
        connect_timeout=int(DEADLINE),
        options="" if epoch is None else f"-c otomo.epoch={epoch}",
    )
    connection.autocommit = True
    return connection


def rows(state_dir, query, values=(), name="postgres"):
    """The rows of a query, each a dict."""
    connection = connect(state_dir, name=name)
    try:
        with connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
            cursor.execute(query, values)
            return [dict(row) for row in cursor.fetchall()]
    finally:
        connection.close()


def execute(state_dir, statement, values=(), name="postgres"):
    connection = connect(state_dir, name=name)
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement, values or None)
    finally:
        connection.close()
