"""The same seed is the same city: what a seed has shown once, it shows again."""

import os
import subprocess

runs = {
    subprocess.run([os.environ["SIM"], "--seeds", "20", "--hash"], capture_output=True, text=True, check=True).stdout
    for _ in range(2)
}
assert len(runs) == 1, runs
