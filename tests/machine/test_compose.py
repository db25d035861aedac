"""docs/containers.md, word by word: compose.yaml under podman, on a Debian with systemd and a network of its own. The
registry's images are stand-ins, made of Debian's packages under the same names. Minutes: ./dev soak compose."""

import shutil
import sys

import pytest

from container import Buildah
from machine import SOURCE, Machine

sys.path.insert(0, str(SOURCE / "tests/pages"))

from shell import Failed, Reader  # noqa: E402

TREE = "/root/otomo"
STORE = "var/lib/containers/storage"
PODMAN = ("podman", "docker-compose", "crun", "netavark", "aardvark-dns", "iptables")
# Tests may run where a container's usual limits, and its cgroup's rules for devices, are more than root may set.
CONTAINERS_CONF = """[containers]
cgroups = "disabled"
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
"""
STORAGE_CONF = f"""[storage]
driver = "vfs"
runroot = "/run/containers/storage"
graphroot = "/{STORE}"
"""
# As the registry's image: who is named by the environment owns a database of the same name and comes in by the password.
POSTGRES = """#!/bin/sh
set -eu
PATH=$PATH:/usr/lib/postgresql/15/bin
data=/var/lib/postgresql/data
if [ ! -e $data/PG_VERSION ]; then
  cp "$POSTGRES_PASSWORD_FILE" /tmp/password
  chown -R postgres $data /tmp/password
  runuser -u postgres -- initdb -D $data -U "$POSTGRES_USER" --pwfile=/tmp/password --auth-local=trust --auth-host=scram-sha-256
  echo "host all all all scram-sha-256" >>$data/pg_hba.conf
  runuser -u postgres -- pg_ctl -D $data -w start -o "-c listen_addresses="
  createdb -h /var/run/postgresql -U "$POSTGRES_USER" "$POSTGRES_USER"
  runuser -u postgres -- pg_ctl -D $data -w stop
fi
exec setpriv --reuid=postgres --regid=postgres --clear-groups postgres -D $data -c listen_addresses='*'
"""


def installs(block):
    return "apt-get install" in block.text


@pytest.fixture(scope="module")
def machine(debian):
    machine = Machine(debian)
    try:
        machine.install("systemd", "systemd-sysv", "dbus", "curl", "openssl", "procps", "iproute2", *PODMAN)
        etc = machine.root / "etc/containers"
        (etc / "containers.conf").write_text(CONTAINERS_CONF)
        (etc / "storage.conf").write_text(STORAGE_CONF)
        buildah = Buildah(machine.root / STORE)
        try:
            buildah.build(debian)
            buildah.stand_in("docker.io/library/postgres:15-bookworm", "postgresql-15", POSTGRES)
            buildah.stand_in("docker.io/coturn/coturn:4.6", "coturn")
        finally:
            buildah.close()
        shutil.copytree(SOURCE / "data/container", machine.root / TREE.lstrip("/") / "data/container")
        yield machine.boot(own_network=True)
    finally:
        machine.close()


def test_compose(machine):
    reader = Reader(machine.enter(), TREE)
    try:
        reader.read(SOURCE / "docs/containers.md", but=installs)
    except Failed as failed:
        logs = machine.try_run("sh", "-c", "podman ps -a; for each in $(podman ps -aq); do podman logs $each; done")
        raise Failed(f"{failed}\n{logs.stdout}{logs.stderr}") from None
    finally:
        reader.close()
