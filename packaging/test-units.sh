#!/usr/bin/env bash
# What an owner does with the units, step by step; test-systemd.sh runs this in a machine that is thrown away.
set -euo pipefail

settings=/etc/kaco_ardexa
logs=/var/log/kaco_ardexa

say() { printf '\n== %s\n' "$*"; }
fail() {
    printf 'FAILED: %s\n' "$*"
    journalctl --no-pager -o cat -u 'kaco_ardexa*' | tail -n 40
    exit 1
}
is() { [[ $(systemctl is-active "$1") == "$2" ]] || fail "$1 is not $2"; }
# The settings of a plant: the example with another line or more.
plant() {
    cp "$settings/example.env" "$settings/$1.env"
    printf '%s\n' "${@:2}" >>"$settings/$1.env"
}
rows() { wc -l <"$logs/$1/latest.csv"; }

say "systemd $(systemctl --version | sed -n '1s/systemd \([0-9]*\).*/\1/p'), the example as it is"
plant roof
systemctl start kaco_ardexa@roof.service || fail "the example does not run"
(($(rows roof/02) == 2)) || fail "no row"
ls -ld "$logs/roof" "$logs/roof/02/latest.csv"
setpriv --reuid 65534 --regid 65534 --clear-groups head -c 10 "$logs/roof/02/latest.csv" >/dev/null || fail "others can't read the rows"

say "the timer"
systemctl enable --now kaco_ardexa@roof.timer
is kaco_ardexa@roof.timer active
systemctl list-timers --no-pager 'kaco_ardexa@*' | head -n 2

say "a serial port, which the group dialout may use: nobody answers, and that is fine"
plant port KACO_ARDEXA_DEVICE=/dev/ttyS0 KACO_ARDEXA_ADDRESSES=1
systemctl start kaco_ardexa@port.service || fail "the port can't be used"

say "without its line in DeviceAllow, it can not be used"
mkdir -p /etc/systemd/system/kaco_ardexa@port.service.d
printf '[Service]\nDeviceAllow=\nDeviceAllow=char-ttyUSB rw\n' >/etc/systemd/system/kaco_ardexa@port.service.d/less.conf
systemctl daemon-reload
! systemctl start kaco_ardexa@port.service 2>/dev/null || fail "DeviceAllow is not in force"
journalctl --no-pager -o cat -u kaco_ardexa@port | grep "/dev/ttyS0 can't be opened" || fail "it failed for another reason"

say "a broker that is away: the row is there, the unit has failed"
plant broker KACO_ARDEXA_MQTT=127.0.0.1:1 MQTT_USERNAME=ann MQTT_PASSWORD=secret
! systemctl start kaco_ardexa@broker.service 2>/dev/null || fail "nobody would see that the broker is away"
(($(rows broker/02) == 2)) || fail "no row"
systemctl --failed --no-pager --no-legend
! journalctl --no-pager | grep secret || fail "the password is in the journal"

say "watch takes the place of the timer"
systemctl enable --now kaco_ardexa-watch@roof.service
for ((i = 0; i < 100; i++)); do
    (($(rows roof/02) < 3)) || break
    sleep 0.2
done
(($(rows roof/02) >= 3)) || fail "watch writes no row"
is kaco_ardexa@roof.timer inactive
is kaco_ardexa-watch@roof.service active
grep -E '^(Uid|CapEff|NoNewPrivs|Seccomp):' "/proc/$(systemctl show -p MainPID --value kaco_ardexa-watch@roof.service)/status"

say "a run beside it has failed, with exit 7"
! systemctl start kaco_ardexa@roof.service 2>/dev/null || fail "two runs on one directory"
[[ $(systemctl show -p ExecMainStatus --value kaco_ardexa@roof.service) == 7 ]] || fail "another exit code"
systemctl stop kaco_ardexa-watch@roof.service
[[ $(systemctl show -p Result --value kaco_ardexa-watch@roof.service) == success ]] || fail "watch does not end well"

say "a plant file: ready, reloaded, and left alone while it is wrong"
cp "$settings/example.toml" "$settings/hill.toml"
systemctl start kaco_ardexa-plant@hill.service || fail "the example of a plant file does not run"
for ((i = 0; i < 100; i++)); do
    [[ ! -e $logs/hill/barn/03/latest.csv ]] || break
    sleep 0.2
done
(($(rows hill/south/02) >= 2)) || fail "no row"
echo 'adresses = 1' >>"$settings/hill.toml"
systemctl reload kaco_ardexa-plant@hill.service || fail "it can not be told to read its file again"
sleep 1
is kaco_ardexa-plant@hill.service active
journalctl --no-pager -o cat -u kaco_ardexa-plant@hill | grep "key 'adresses' is not known" || fail "nobody sees the mistake"
sed -i '$d' "$settings/hill.toml"
sed -i 's/"1-3"/"1-4"/' "$settings/hill.toml"
systemctl reload kaco_ardexa-plant@hill.service || fail "it can not be told to read its file again"
for ((i = 0; i < 100; i++)); do
    [[ ! -e $logs/hill/barn/04/latest.csv ]] || break
    sleep 0.2
done
(($(rows hill/barn/04) >= 2)) || fail "the new inverter has no row"
systemctl start kaco_ardexa-plant@hill.timer
is kaco_ardexa-plant@hill.service inactive
systemctl start kaco_ardexa-plant-log@hill.service || fail "log --plant does not run"
systemctl stop kaco_ardexa-plant@hill.timer

say "wrong settings are not tried again and again"
plant wrong KACO_ARDEXA_ADDRESSES=7-4
systemctl start kaco_ardexa-watch@wrong.service || true
sleep 1
is kaco_ardexa-watch@wrong.service failed

say "a KSTAR inverter"
kaco_ardexa simulate kstar --bind 127.0.0.5 >/dev/null &
sleep 1
plant home FAMILY=kstar KACO_ARDEXA_IP=127.0.0.5
systemctl start kaco_ardexa@home.service || fail "no reading"
(($(rows home/SIM127000000005) == 2)) || fail "no row"

say "SunSpec on port 502, which needs one capability and nothing else of root"
plant sunspec KACO_ARDEXA_SUNSPEC=127.0.0.1:502
systemctl start kaco_ardexa-watch@sunspec.service || true
sleep 1
! timeout 1 bash -c '</dev/tcp/127.0.0.1/502' 2>/dev/null || fail "port 502 needs no right here: nothing is tried"
systemctl stop kaco_ardexa-watch@sunspec.service
install -D -m 644 /usr/share/doc/kaco-ardexa/examples/sunspec.conf /etc/systemd/system/kaco_ardexa-watch@sunspec.service.d/sunspec.conf
systemctl daemon-reload
systemctl reset-failed kaco_ardexa-watch@sunspec.service || true
systemctl start kaco_ardexa-watch@sunspec.service
for ((i = 0; i < 100; i++)); do
    ! timeout 1 bash -c '</dev/tcp/127.0.0.1/502' 2>/dev/null || break
    sleep 0.2
done
timeout 1 bash -c '</dev/tcp/127.0.0.1/502' || fail "port 502 is not served"
systemd-analyze security --no-pager --threshold=20 kaco_ardexa-watch@sunspec.service | tail -n 1 || fail "it may do more"
systemctl stop kaco_ardexa-watch@sunspec.service

say "without network"
install -D -m 644 /usr/share/doc/kaco-ardexa/examples/offline.conf /etc/systemd/system/kaco_ardexa@.service.d/offline.conf
systemctl daemon-reload
systemctl start kaco_ardexa@roof.service || fail "a simulated bus needs no network"
! systemctl start kaco_ardexa@home.service 2>/dev/null || fail "there is a network"

say "purge"
systemctl start kaco_ardexa-watch@roof.service
rm -r /etc/systemd/system/kaco_ardexa*@*.service.d # the owner's own
dpkg --purge kaco-ardexa
[[ -z $(systemctl list-units --all --no-legend 'kaco*.service' 'kaco*.timer') ]] || fail "$(systemctl list-units --all 'kaco*')"
left=$(find / -xdev -iname '*kaco*' ! -path '/package.deb')
[[ -z $left ]] || fail "left: $left"
! getent passwd kaco_ardexa || fail "the user is still there"

say "all is well"
