"""A bad line to PostgreSQL: it reads the protocol as it passes by, and when a statement is doomed
it swallows the answer, which PostgreSQL gives after the COMMIT, and cuts every connection. Or it
loses the client before the statement has arrived, and brings it later."""

import asyncio
import contextlib
import struct
import tempfile
import threading
from collections import deque
from pathlib import Path


async def _message(reader, kind=True):
    """One message of the protocol, whole; the first of a client has no KIND."""
    head = await reader.readexactly(5 if kind else 4)
    (length,) = struct.unpack(">I", head[-4:])
    return head + await reader.readexactly(length - 4)


class Relay:
    """Its socket is in `door`, and leads to SOCKET, PostgreSQL's. It lives in a thread of its own,
    since the helpers of a test may block. `doomed` is asked of each statement's text; `lost`
    are those it was true of."""

    def __init__(self, socket):
        self.doomed = lambda statement: False
        self.lost = []
        self._held = None  # the text of the statement to be held back
        self._late = None  # the line to PostgreSQL, and what is still to be sent over it
        self._socket = str(socket)
        self._directory = tempfile.TemporaryDirectory(prefix="otomo-relay-")
        self.door = Path(self._directory.name)
        self.door.chmod(0o755)
        self._lines = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._run(self._listen())

    def lose_next(self, statement):
        """The answer to the next statement that has this in its text."""

        def is_it(text):
            if statement not in text:
                return False
            self.doomed = lambda _: False
            return True

        self.doomed = is_it

    def hold_next(self, statement):
        """The next statement that has this in its text is held back, and its client's line cut."""
        self._held = statement

    def deliver(self):
        """What was held back arrives, and PostgreSQL does it."""
        self._run(self._deliver(*self._late))
        self._late = None

    async def _deliver(self, reader, writer, batch):
        writer.write(batch)
        while (await _message(reader))[:1] != b"Z":
            pass
        writer.transport.abort()

    def close(self):
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._directory.cleanup()

    def _run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    async def _listen(self):
        path = self.door / self._socket.rpartition("/")[2]
        self._server = await asyncio.start_unix_server(self._carry, path)

    async def _close(self):
        self._server.close()
        self._cut()
        while self._lines:
            await asyncio.sleep(0)

    def _cut(self):
        for line in self._lines:
            line.cancel()

    async def _carry(self, client_in, client_out):
        """A line, until either end or we cut it."""
        task = asyncio.current_task()
        self._lines.add(task)
        asked = deque()  # (text, doomed) of each statement that is not answered
        ways, outs = [], [client_out]
        try:
            server_in, server_out = await asyncio.open_unix_connection(self._socket)
            outs.append(server_out)
            ways = [
                asyncio.ensure_future(self._questions(client_in, server_out, asked)),
                asyncio.ensure_future(self._answers(server_in, client_out, asked)),
            ]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            if ways[0].done() and not ways[0].exception() and ways[0].result():
                self._late = (server_in, outs.pop(), ways[0].result())
        except (OSError, asyncio.CancelledError):
            pass  # PostgreSQL is not there, or we have cut it
        finally:
            for way in ways:
                way.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(*ways, return_exceptions=True)
            for out in outs:
                out.transport.abort()
            self._lines.discard(task)

    async def _questions(self, reader, writer, asked):
        """Returns what is held back: all of a statement, up to its Sync."""
        writer.write(await _message(reader, kind=False))
        prepared, text, batch = {}, "", b""
        while True:
            message = await _message(reader)
            kind, words = message[:1], message[5:].split(b"\0")
            if kind == b"Q":
                text = words[0].decode()
            elif kind == b"P":  # Parse: a name and the text
                prepared[words[0]] = words[1].decode()
            elif kind == b"B":  # Bind: a portal and the name
                text = prepared[words[1]]
            if kind in b"SQ":  # from here on it will be committed
                asked.append((text, self.doomed(text)))
            batch += message
            if kind in b"PBDE":  # there is more to come
                continue
            if self._held and self._held in text:
                self._held = None
                return batch
            writer.write(batch)
            batch = b""
            await writer.drain()

    async def _answers(self, reader, writer, asked):
        while True:
            message = await _message(reader)
            text, doomed = asked[0] if asked else ("", False)
            if message[:1] == b"Z" and asked:  # ReadyForQuery: it is committed
                asked.popleft()
                if doomed:
                    self.lost.append(text)
                    self._cut()
                    return
            if not doomed:
                writer.write(message)
                await writer.drain()
