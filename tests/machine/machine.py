"""A tree of Debian, and systemd in it."""

import contextlib
import ctypes
import fcntl
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
FRESH = 24 * 3600.0  # seconds
BOOT_DEADLINE = 60.0  # seconds
OPERATORS = ("curl", "openssl", "ca-certificates", "procps")  # what docs/run.md installs beside data/packages.txt
ADDRESS = "203.0.113.7"  # of a machine with a network of its own; the public one of docs/run.md
CLONE_NEWNET = 0x40000000  # sched.h
COMMAND_DEADLINE = 1500.0  # building the image beside four other tests, on a slow machine


def run(*command, **how):
    """Runs a command that must succeed; its output."""
    done = subprocess.run(
        list(map(str, command)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=COMMAND_DEADLINE,
        **how,
    )
    assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout[-4000:]}"
    return done.stdout


def enter_network(namespace):
    """This thread, and nobody else, goes to the network namespace that is open as a file (setns(2))."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(namespace.fileno(), CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def base_tar(path):
    """What a bare Debian 12 is: `apt` and what it needs, without manuals."""
    without = ["doc", "man", "locale", "info"]
    run(
        "mmdebstrap",
        "--variant=minbase",
        "--format=tar",  # whatever PATH's name is
        *[f"--dpkgopt=path-exclude=/usr/share/{each}/*" for each in without],
        "bookworm",
        path,
    )
    return path


def made_once(path, make):
    """A file that tests share, and runs of a day; MAKE (path) makes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(f"{path}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists() or time.time() - path.stat().st_mtime > FRESH:
            unfinished = path.with_suffix(".unfinished")
            make(unfinished)
            unfinished.rename(path)
    return path


def system_packages():
    """Systemd, what the server needs, what its operator types, and the TURN server."""
    return ["systemd", "systemd-sysv", "dbus", *OPERATORS, "coturn", *packages("run")]


def system_tar(debian, path):
    """The same with system_packages ()."""
    machine = Machine(debian)
    try:
        machine.install(*system_packages())
        # Who wants it starts it: its own settings listen on all addresses.
        run("systemctl", f"--root={machine.root}", "disable", "coturn")
        # Debian takes another port when something of this machine listens there.
        for settings in machine.root.glob("etc/postgresql/*/main/postgresql.conf"):
            settings.write_text(re.sub(r"(?m)^port = \d+", "port = 5432", settings.read_text()))
        run("tar", "cf", path, "-C", machine.root, ".")
    finally:
        machine.close()


def packages(*kinds):
    """Those of data/packages.txt."""
    lines = (SOURCE / "data" / "packages.txt").read_text().splitlines()
    rows = [line.split() for line in lines if line and not line.startswith("#")]
    return [name for kind, name in rows if kind in kinds]


class Machine:
    """Made from a tar; `boot ()` it, `run ()` commands on it, `close ()` it."""

    def __init__(self, debian):
        self.root = Path(tempfile.mkdtemp(prefix="otomo-machine-"))
        self.root.chmod(0o755)
        self._init = None  # systemd's pid, as seen from here
        run("tar", "xf", debian, "-C", self.root)
        shutil.copy("/etc/resolv.conf", self.root / "etc" / "resolv.conf")
        # It does not live long enough to lose power, so dpkg need not wait for the disk after each file.
        (self.root / "etc/dpkg/dpkg.cfg.d/unsafe-io").write_text("force-unsafe-io\n")

    def install_otomo(self):
        """What the build has made, before it is booted; `/etc/otomo` is where the settings are."""
        build = os.environ["OTOMO_BUILD"]
        place = {**os.environ, "DESTDIR": str(self.root)}
        run("meson", "install", "-C", build, "--no-rebuild", "--quiet", env=place)
        settings = next(self.root.glob("**/etc/otomo"))
        if settings != self.root / "etc/otomo":
            (self.root / "etc/otomo").symlink_to("/" + str(settings.relative_to(self.root)))

    def give_environment(self, environment):
        """What the service gets in its environment, beside its settings."""
        dropin = self.root / "etc/systemd/system/otomod.service.d/test-environment.conf"
        dropin.parent.mkdir(parents=True, exist_ok=True)
        dropin.write_text("[Service]\n" + "".join(f"Environment={name}={value}\n" for name, value in environment.items()))

    def install(self, *names):
        """Debian's packages, before it is booted."""
        self._copy_apt()
        run("chroot", self.root, "apt-get", "update", "-qq")
        run(
            *("chroot", self.root, "env", "DEBIAN_FRONTEND=noninteractive"),
            *("apt-get", "install", "-y", "-qq", "--no-install-recommends", *names),
        )

    def _copy_apt(self):
        """Packages come from where this machine has them."""
        for part in ("apt.conf.d", "auth.conf.d"):
            source = Path("/etc/apt") / part
            if source.is_dir():
                for each in source.glob("*"):
                    if "proxy" in each.read_text(errors="replace").lower():
                        shutil.copy(each, self.root / "etc" / "apt" / part / each.name)

    def boot(self, own_network=False):
        """OWN_NETWORK: nothing but loopback and ADDRESS, whose ports are all free; else this machine's."""
        unshare = subprocess.Popen(
            ["unshare", "--pid", "--mount", "--uts", "--ipc", "--fork"]
            + (["--net"] if own_network else [])
            + [str(Path(__file__).with_name("boot.sh")), str(self.root), self.root.name, *([ADDRESS] if own_network else [])],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._unshare = unshare
        end = time.monotonic() + BOOT_DEADLINE
        while time.monotonic() < end:
            assert unshare.poll() is None, "the machine is down again"
            children = Path(f"/proc/{unshare.pid}/task/{unshare.pid}/children").read_text().split()
            if children and self._is_up(int(children[0])):
                return self
            time.sleep(0.1)
        raise AssertionError("the machine does not come up")

    def _is_up(self, pid):
        self._init = pid
        # "degraded": some service of Debian finds no hardware here
        return self.try_run("systemctl", "is-system-running").stdout.strip() in ("running", "degraded")

    def enter(self):
        """What goes before a command that is to run on the booted machine."""
        return ["nsenter", "--target", str(self._init), "--all"]

    @contextlib.contextmanager
    def network(self):
        """Sockets that this thread makes within are on the machine's network."""
        with open("/proc/thread-self/ns/net") as ours, open(f"/proc/{self._init}/ns/net") as its:
            enter_network(its)
            try:
                yield
            finally:
                enter_network(ours)

    def try_run(self, *command):
        """Runs a command on the booted machine; how it went."""
        return subprocess.run(
            [*self.enter(), *map(str, command)],
            capture_output=True,
            text=True,
            timeout=COMMAND_DEADLINE,
        )

    def run(self, *command):
        done = self.try_run(*command)
        assert done.returncode == 0, f"{command}: {done}\n{self.journal()}"
        return done.stdout

    def journal(self):
        return self.try_run("journalctl", "--no-pager", "-u", "otomod", "-n", "50").stdout

    def _remove_group(self):
        """The control groups that boot.sh and systemd have made: nobody is in them any more."""
        script = 'mount -t cgroup2 cgroup2 "$1"; find "$1/$2" -depth -type d -delete'
        run("unshare", "--mount", "sh", "-ec", script, "sh", self.root / "mnt", self.root.name)

    def close(self):
        if self._init is not None and Path(f"/proc/{self._init}").exists():
            os.kill(self._init, signal.SIGKILL)  # and with it all of its processes
            self._unshare.wait()
            self._remove_group()
        shutil.rmtree(self.root, ignore_errors=True)
