#!/usr/bin/env bash
# Tries the units under a real systemd: packaging/test-systemd.sh [PACKAGE]
# Boots a minimal Debian with the package in namespaces and a control group of its own (no virtual machine, no nspawn), and lets
# test-units.sh in there go through the life of an owner. As root, with debootstrap, on a kernel with cgroup2.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
package=${1:-$(find "$here/../target/debian" -name "kaco-ardexa_*_$(dpkg --print-architecture).deb" | sort | tail -n 1)}
[[ -f $package ]] || { echo "no package; build it: bash packaging/build-deb.sh" >&2; exit 1; }
work=$(mktemp -d)
root=$work/root
groups=$(findmnt -n -o TARGET -t cgroup2 | head -n 1)
group=$groups/$(basename "$work")

clean_up() {
    local _
    # What ended a moment ago may still be counted.
    for _ in 1 2 3 4 5; do
        [[ ! -d $group ]] || find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || sleep 1
    done
    rm -rf --one-file-system "$work"
}
trap clean_up EXIT

echo "== a Debian with systemd"
debootstrap --variant=minbase --include=adduser,dbus,systemd,systemd-sysv "${RELEASE:-bookworm}" "$root" ${MIRROR:+"$MIRROR"} \
    >"$work/log" || { cat "$work/log"; exit 1; }
cp "$package" "$root/package.deb"
chroot "$root" dpkg -i /package.deb >/dev/null
cp "$here/test-units.sh" "$root/root/"
: >"$root/etc/machine-id"
cat >"$root/etc/systemd/system/test-units.service" <<'END'
[Service]
Type=oneshot
ExecStart=/bin/sh -c '/root/test-units.sh >/root/result 2>&1; echo exit $? >>/root/result; systemctl poweroff --force --force'
END
mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
ln -s ../test-units.service "$root/etc/systemd/system/multi-user.target.wants/"

cat >"$work/boot" <<'END'
set -euo pipefail
mount --bind "$1" "$1"
cd "$1"
mount -t proc proc proc
mount -t tmpfs tmpfs run
mount -t tmpfs -o mode=755 tmpfs dev
while read -r name major minor; do mknod -m 666 "dev/$name" c "$major" "$minor"; done <<<'null 1 3
zero 1 5
full 1 7
random 1 8
urandom 1 9
tty 5 0'
mknod -m 660 dev/ttyS0 c 4 64
chgrp 20 dev/ttyS0
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
pivot_root . .
umount -l .
cd /
exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --log-level=warning
END

echo "== boot"
mkdir "$group"
(
    echo "$BASHPID" >"$group/cgroup.procs"
    exec timeout -s KILL 180 unshare --mount --pid --cgroup --ipc --uts --net --fork --kill-child=KILL --propagation private \
        bash "$work/boot" "$root"
) >"$work/console" 2>&1 || true
cat "$root/root/result" || { cat "$work/console"; exit 1; }
[[ $(tail -n 1 "$root/root/result") == "exit 0" ]]
