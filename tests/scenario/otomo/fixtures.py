"""What every scenario gets: coroutines as tests, a server, a scene, and after each test a look at
the books and the log of every server that runs, which no test can leave out."""

import asyncio
import inspect

import pytest

from .client import Client
from .scene import Scene
from .server import Server

TEST_DEADLINE = 90.0  # seconds; a test that hangs ends here; a module may have its own
PAIRS = 40  # people of a shared server; each test takes a pair of its own
BALANCE = 1000

SETTINGS = {
    "server.drain_timeout": 0,
    "limit.person_calls": 100_000,
    "billing.unit_seconds": 1,
    "call.ring_timeout": 10,
    "call.media_timeout": 10,
    "call.rtp_pause": 0.8,
    "call.rtp_timeout": 2,
    "call.lost_timeout": 1.5,
    "call.resume_window": 4,
}


class Loop:
    """One event loop for all; what goes wrong in a callback of it is kept in `faults`."""

    def __init__(self, runner):
        self.run = runner.run
        self.faults = []
        runner.get_loop().set_exception_handler(lambda _, context: self.faults.append(context))


@pytest.fixture(scope="session")
def loop():
    with asyncio.Runner() as runner:
        yield Loop(runner)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Runs a test that is a coroutine."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    test = pyfuncitem.obj(**arguments)
    deadline = getattr(pyfuncitem.module, "TEST_DEADLINE", TEST_DEADLINE)
    pyfuncitem.funcargs["loop"].run(asyncio.wait_for(test, deadline))
    return True


@pytest.fixture
def connect(server, loop):
    """Opens connections; closes them after the test."""
    made = []

    async def open_one(**how):
        made.append(await Client.connect(server.url, **how))
        return made[-1]

    yield open_one
    for client in made:
        loop.run(client.close())


@pytest.fixture(autouse=True)
def sound(loop):
    """After each test, for every server that runs: the audit passes and the log is clean; and
    nothing went wrong in a callback of ours."""
    yield
    faults = [f"{context['message']}: {context.get('exception')!r}" for context in loop.faults]
    loop.faults.clear()
    for server in list(Server.running):
        server.audit()
        server.check_log()
    assert not faults, "\n".join(faults)


@pytest.fixture(scope="module")
def server(request):
    """The module's server, with SETTINGS above and the module's own on top, and PAIRS seeded
    pairs."""
    server = Server({**SETTINGS, **getattr(request.module, "SETTINGS", {})})
    try:
        server.start()
        server.seed(PAIRS, BALANCE)
        server.pairs = iter(range(1, PAIRS + 1))
        yield server
    finally:
        server.close()


@pytest.fixture
def make_scene(loop, sound):
    """Makes scenes: make_scene (server, user id, otomo id)."""
    made = []

    def make(server, user_id, otomo_id):
        made.append(Scene(server, user_id, otomo_id))
        return made[-1]

    yield make
    for scene in made:
        loop.run(scene.leave())


@pytest.fixture
def scene(server, make_scene):
    """A user and an otomo whom no other test uses; nobody is online yet."""
    number = next(server.pairs)
    return make_scene(server, f"u{number}", f"o{number}")
