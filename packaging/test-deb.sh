#!/usr/bin/env bash
# Tries the Debian package on a bare Debian: packaging/test-deb.sh [PACKAGE]
# Installs it into a fresh minimal system (debootstrap, chroot), uses it as a user without rights, removes and purges it, and
# looks for what is left. PACKAGE is the one that build-deb.sh made, unless it is named. As root, on Debian, with debootstrap; RELEASE and
# MIRROR say which Debian, and from where.
set -euo pipefail

release=${RELEASE:-bookworm}
name=kaco-ardexa
project=$(dirname "$(dirname "$(readlink -f "$0")")")

newest_package() {
    find "$project/target" -path '*debian*' -name "${name}_*_$(dpkg --print-architecture).deb" -printf '%T@ %p\n' |
        sort -n | tail -n 1 | cut -d ' ' -f 2-
}

package=${1:-$(newest_package)}
[[ -f $package ]] || { echo "no package; build it: bash packaging/build-deb.sh" >&2; exit 1; }
((EUID == 0)) || { echo "run it as root: debootstrap and chroot need it" >&2; exit 1; }

work=$(mktemp -d)
root=$work/root
mkdir "$root"

clean_up() {
    local mounted
    for mounted in dev/pts dev proc; do
        ! mountpoint -q "$root/$mounted" || umount "$root/$mounted"
    done
    # Never into a file system of this machine.
    rm -rf --one-file-system "$work"
}
trap clean_up EXIT

say() { printf '\n== %s\n' "$*"; }
fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }
inside() { env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"; }
# As a user without rights, in a directory of its own.
as_user() { inside setpriv --reuid 4711 --regid 4711 --clear-groups sh -c "cd /tmp/plant && $1"; }

# All that is there, with owner and mode. Not what apt and dpkg keep for themselves: lists, caches, states, logs, backups.
files() {
    (
        cd "$root"
        find . -xdev \
            \( -path ./proc -o -path ./dev -o -path ./run -o -path ./tmp -o -path ./package.deb -o -path ./var/lib/apt -o -path ./var/cache \
            -o -path ./var/lib/dpkg -o -path ./var/log/apt -o -path ./var/log/dpkg.log -o -path './etc/*-' \) -prune \
            -o -printf '%p %u:%g %m\n' | sort
        cat etc/passwd etc/group
        grep -o '^[^:]*' etc/shadow
    )
}

say "a bare Debian ($release)"
# adduser, which the package depends on, is part of some releases' minimum and not of others.
debootstrap --variant=minbase --include=adduser "$release" "$root" ${MIRROR:+"$MIRROR"} >"$work/log" || { cat "$work/log"; exit 1; }
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
mkdir "$root/dev/pts"
mknod -m 666 "$root/dev/null" c 1 3
mknod -m 666 "$root/dev/urandom" c 1 9
ln -s pts/ptmx "$root/dev/ptmx"
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts "$root/dev/pts"
mount -t proc proc "$root/proc"
files >"$work/before"
echo "Debian $(cat "$root/etc/debian_version"), $(wc -l <"$work/before") files, users and groups"

say "install"
cp "$package" "$root/package.deb"
inside dpkg -i /package.deb
inside dpkg --verify "$name" # every file is as the package says
files >"$work/installed"
{ diff "$work/before" "$work/installed" || true; } | sed -n 's/^> //p'
inside id kaco_ardexa
for file in usr/bin/kaco_ardexa usr/share/man/man1/kaco_ardexa.1.gz usr/share/bash-completion/completions/kaco_ardexa \
    usr/share/zsh/vendor-completions/_kaco_ardexa usr/share/fish/vendor_completions.d/kaco_ardexa.fish \
    usr/lib/systemd/system/kaco_ardexa@.timer usr/lib/systemd/system/kaco_ardexa@.service \
    usr/lib/systemd/system/kaco_ardexa-watch@.service usr/lib/systemd/system/kaco_ardexa-plant@.service \
    usr/lib/systemd/system/kaco_ardexa-plant@.timer etc/kaco_ardexa/example.env etc/kaco_ardexa/example.toml \
    "usr/share/doc/$name/"{README.md,README.de.md,THIRD-PARTY-NOTICES,copyright,docs/plant.md}; do
    [[ -s $root/$file ]] || fail "$file is missing"
done
pages=("$root"/usr/share/man/man1/kaco_ardexa*.1.gz)
((${#pages[@]} == 1 + $(grep -c '^- \[' "$root/usr/share/doc/$name/docs/cli.md"))) || fail "not each command has a manual page"
for page in "${pages[@]}"; do
    gzip -dc "$page" | grep -q '^\.SH NAME' || fail "$page is no manual page"
done
inside bash -n /usr/share/bash-completion/completions/kaco_ardexa || fail "bash does not take the completions"

say "the pages lead to each other"
links=0
while IFS=: read -r page link; do
    # The licence is the file `copyright`, as in each package of Debian.
    [[ $link == *:* || $link == LICENSE ]] && continue
    [[ -e $(dirname "$page")/$link ]] || fail "${page#"$root"} names $link, which is not there"
    links=$((links + 1))
done < <(grep -rHoP --include=*.md '\]\(\K[^)#]+' "$root/usr/share/doc/$name")
((links > 0)) || fail "no page has a link"
echo "$links links"

say "kaco_ardexa log sim: 2,4-7 logs, as a user without rights"
mkdir "$root/tmp/plant"
chown 4711:4711 "$root/tmp/plant"
as_user "id && kaco_ardexa --version && kaco_ardexa log sim: 2,4-7 logs"
for inverter in 02 04 05 06 07; do
    file=$root/tmp/plant/logs/$inverter/latest.csv
    [[ $(head -c 10 "$file") == "# datetime" && $(wc -l <"$file") == 2 ]] || fail "$inverter/latest.csv: $(cat "$file")"
    cut -c 1-110 "$file"
done

say "the settings of the example, as the service runs with them"
run_example='set -a; . ./roof.env; KACO_ARDEXA_DIR=/tmp/plant/roof exec kaco_ardexa log'
install -m 644 "$root/etc/kaco_ardexa/example.env" "$root/tmp/plant/roof.env"
as_user "$run_example"
[[ $(wc -l <"$root/tmp/plant/roof/02/latest.csv") == 2 ]] || fail "no row for the example"
# What an owner and the service leave behind.
touch "$root/etc/kaco_ardexa/roof.env"
mkdir -p "$root/var/log/kaco_ardexa/roof" "$root/etc/systemd/system/timers.target.wants"
inside chown -R kaco_ardexa: /var/log/kaco_ardexa
ln -s /lib/systemd/system/kaco_ardexa@.timer "$root/etc/systemd/system/timers.target.wants/kaco_ardexa@roof.timer"

say "install once more, as an upgrade does"
inside dpkg -i /package.deb
[[ -e $root/etc/kaco_ardexa/roof.env ]] || fail "the owner's settings are gone"

say "remove"
inside dpkg --remove "$name"
[[ ! -e $root/usr/bin/kaco_ardexa ]] || fail "the program is still there"
[[ -e $root/etc/kaco_ardexa/roof.env && -d $root/var/log/kaco_ardexa/roof ]] || fail "settings or logs went before the purge"

say "purge"
inside dpkg --purge "$name"
rmdir --ignore-fail-on-non-empty "$root/etc/systemd/system/timers.target.wants" # made above
files >"$work/after"
diff "$work/before" "$work/after" || fail "the above is left (>) or gone (<)"
[[ -d $root/tmp/plant/logs/02 ]] || fail "logs in a directory of the owner's were touched"
echo "nothing is left"

say "all is well"
