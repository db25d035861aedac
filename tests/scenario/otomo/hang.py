"""One thread of a process hangs, the others go on: ptrace(2) stops it, as a debugger does."""

import contextlib
import ctypes
import os
from pathlib import Path

PTRACE_DETACH, PTRACE_SEIZE, PTRACE_INTERRUPT = 17, 0x4206, 0x4207
WALL = 0x40000000  # threads, too

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long


def _ptrace(request, thread):
    if libc.ptrace(request, thread, None, None) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def thread_of(pid, name):
    tasks = Path(f"/proc/{pid}/task").iterdir()
    (found,) = [int(task.name) for task in tasks if (task / "comm").read_text().strip() == name]
    return found


@contextlib.contextmanager
def hanging(pid, name):
    """Stops the one thread of this name. Begun and ended on one thread of ours, as ptrace wants."""
    thread = thread_of(pid, name)
    _ptrace(PTRACE_SEIZE, thread)
    try:
        _ptrace(PTRACE_INTERRUPT, thread)
        os.waitpid(thread, WALL)
        yield
    finally:
        _ptrace(PTRACE_DETACH, thread)
