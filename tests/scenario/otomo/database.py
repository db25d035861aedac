"""The server's private PostgreSQL, read from outside, and put away when its server was killed."""

import os
import signal
import time
from pathlib import Path

import psycopg2
import psycopg2.extras

from . import DEADLINE

DATABASE = "otomo"
ROLE = "postgres"


def _postmaster_file(state_dir):
    found = list(Path(state_dir).glob("**/postmaster.pid"))
    return found[0] if found else None


def _postmaster(state_dir):
    """The lines of postmaster.pid: process, data directory, start, port, socket directory, …"""
    path = _postmaster_file(state_dir)
    return path.read_text().splitlines() if path else None


def postmaster_pid(state_dir):
    """The process that serves the database of this state directory, None when there is none."""
    lines = _postmaster(state_dir)
    if not lines:
        return None
    pid = int(lines[0])
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    return pid


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
    lines = _postmaster(state_dir)
    assert lines, f"no PostgreSQL serves {state_dir}"
    connection = psycopg2.connect(
        host=lines[4], port=lines[3], dbname=DATABASE, user=ROLE, connect_timeout=int(DEADLINE)
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
