"""The toolkit and the fixtures of the scenarios, for a hostile client's tests."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scenario"))

from otomo.fixtures import *  # noqa: E402, F401, F403
