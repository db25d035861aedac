"""A server whose wall clock can be set while it runs: libfaketime in front of the C library, which
leaves the monotonic clock alone. Only the server's: its PostgreSQL keeps the machine's."""

import os
from pathlib import Path

LIBRARY = f"/usr/lib/{os.uname().machine}-linux-gnu/faketime/libfaketimeMT.so.1"


class WallClock:
    """ENVIRONMENT goes to the server."""

    def __init__(self, directory):
        self._file = Path(directory) / "clock"
        self.environment = {
            "LD_PRELOAD": LIBRARY,
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",  # seconds until it looks into the file again
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DONT_RESET": "1",
        }
        self.set(0)

    def set(self, seconds):
        """To so much before (< 0) or after the machine's."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{seconds:+d}\n")
        new.rename(self._file)
