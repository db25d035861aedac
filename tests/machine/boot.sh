#!/bin/sh
# boot.sh ROOT [ADDRESS]: systemd as the first process of ROOT, a tree of Debian. To be called by unshare with new pid, mount, uts,
# ipc and cgroup namespaces; the network stays the machine's own, so that tests reach what listens on loopback. With a new network
# namespace it gets ADDRESS, on a bridge that leads nowhere.
set -eu
root=$1
if [ $# = 2 ]; then
  ip link add public type bridge
  ip address add "$2" dev public
  ip link set public up
fi
mount --make-rprivate /
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
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
exec env -i container=otomo PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system
