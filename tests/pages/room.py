"""A network of its own, which leads nowhere but has an address beside loopback, and an empty state directory under
build/: what a reader of the pages finds at a developer's machine, whatever else runs on it. Says "ready", and lasts
until its input ends.

    unshare --net --mount room.py BUILD
"""

import subprocess
import sys
from pathlib import Path

state = Path(sys.argv[1], "state")
state.mkdir(exist_ok=True)
for command in (
    "ip link set lo up",
    "ip link add eth0 type veth peer name eth1",
    "ip addr add 192.0.2.7/24 dev eth0",
    "ip link set eth0 up",
    "ip link set eth1 up",
    f"mount -t tmpfs -o mode=0755 tmpfs {state}",
):
    subprocess.run(command.split(" "), check=True)
print("ready", flush=True)
sys.stdin.read()
