"""The fixtures of otomo/fixtures.py, for the tests of this folder."""

from otomo.fixtures import *  # noqa: F401, F403
