#!/bin/sh
# boot.sh ROOT GROUP [ADDRESS]: systemd as the first process of ROOT, a tree of Debian. To be called by unshare with new pid, mount,
# uts and ipc namespaces; the network stays the machine's own, so that tests reach what listens on loopback. With a new network
# namespace it gets ADDRESS, on a bridge that leads nowhere. GROUP is the control group that it makes for itself: in one that two
# machines shared, each would have the other's processes, and systemd gives up killing a service where it finds one.
set -eu
root=$1
group=$2
if [ $# = 3 ]; then
  ip link add public type bridge
  ip address add "$3" dev public
  ip link set public up
fi
mount --make-rprivate /
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mkdir "$root/sys/fs/cgroup/$group"
echo 0 >"$root/sys/fs/cgroup/$group/cgroup.procs"
umount "$root/sys/fs/cgroup"
unshare --cgroup mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
for place in run tmp dev; do
  mount -t tmpfs tmpfs "$root/$place"
done
mkdir "$root/dev/shm"
mount -t tmpfs tmpfs "$root/dev/shm"
for node in null zero full random urandom tty; do
  touch "$root/dev/$node"
  mount --bind "/dev/$node" "$root/dev/$node"
done
ln -s /proc/self/fd "$root/dev/fd"
ln -s pts/ptmx "$root/dev/ptmx"
hostname otomo-test
# A changed root is not enough: systemd gives its services mount namespaces of their own.
cd "$root"
mkdir -p run/before
pivot_root . run/before
umount -l run/before
# What one process mounts, such as a service's credentials, others see: as where systemd itself has mounted everything.
mount --make-rshared /
exec unshare --cgroup env -i container=otomo PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system
