#!/usr/bin/env python3
"""Copies a source with one text replaced, which must be there just once: a bug made on purpose. ⏎ is a new line there.

    mutate.py SOURCE OUTPUT OLD NEW
"""

import sys
from pathlib import Path

source, output, old, new = (word.replace("⏎", "\n") for word in sys.argv[1:])
text = Path(source).read_text()
assert text.count(old) == 1, f"{source}: {text.count(old)} times: {old}"
Path(output).write_text(text.replace(old, new))
