"""Machines of our own: a bare Debian 12 made by mmdebstrap, with systemd as its first process or as the
base of a container; and the scenarios' toolkit, to make a call on them. Needs root."""

import os
import sys
import zlib
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scenario"))

from otomo.fixtures import *  # noqa: E402, F401, F403

from machine import base_tar, made_once, system_packages, system_tar  # noqa: E402

MADE = Path(os.environ["OTOMO_BUILD"]) / "machines"


@pytest.fixture(scope="session")
def debian():
    """A tar of a bare Debian 12; OTOMO_TEST_DEBIAN names one that is there already."""
    assert os.getuid() == 0, "only root can make a machine"
    given = os.environ.get("OTOMO_TEST_DEBIAN")
    return Path(given) if given else made_once(MADE / "debian.tar", base_tar)


@pytest.fixture(scope="session")
def system(debian):
    """A tar of a machine that only lacks Otomo."""
    which = zlib.crc32(" ".join(system_packages()).encode())
    return made_once(MADE / f"system-{which:08x}.tar", lambda path: system_tar(debian, path))
