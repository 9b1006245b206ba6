#!/usr/bin/env bash
# Tries what the container image holds, without an engine: packaging/test-image.sh PROGRAM
# Lays the files of the Dockerfile's last stage into a folder and runs the program with nothing else, as the image's user, on
# a read-only root. Needs bubblewrap, mosquitto, openssl, procps. PROGRAM is a static build, for example
#   cargo build --release --target x86_64-unknown-linux-musl
# or RUSTFLAGS='-C target-feature=+crt-static' cargo build --release --target x86_64-unknown-linux-gnu
set -euo pipefail

program=${1:?name the program, a static build}
user=10001
port=${PORT:-28883} # for a broker, on 127.0.0.1
work=$(mktemp -d)
broker=
trap '${broker:+kill "$broker"}; rm -rf "$work"' EXIT
image=$work/image

say() { printf '\n== %s\n' "$*"; }
fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }

# What a container engine adds to an image: /dev with pseudo-terminals, /proc, the mount points of both.
run() {
    bwrap --unshare-user --unshare-pid --as-pid-1 --unshare-ipc --uid "$user" --gid "$user" --die-with-parent \
        --ro-bind "$image" / --bind "$image/logs" /logs --dev /dev --proc /proc --clearenv "$@"
}

# Variables, then the command: with KEY VALUE … -- kaco_ardexa's arguments
with() {
    local variables=()
    while [[ $1 != -- ]]; do
        variables+=(--setenv "$1" "$2")
        shift 2
    done
    shift
    run "${variables[@]}" /kaco_ardexa "$@"
}

say "the files of the image"
mkdir -p "$image"/{etc/ssl/certs,usr/share,logs}
cp "$program" "$image/kaco_ardexa"
cp "$(dirname "$0")/../LICENSE" "$image/"
cp /etc/ssl/certs/ca-certificates.crt "$image/etc/ssl/certs/"
cp -r /usr/share/zoneinfo "$image/usr/share/"
(cd "$image" && find . -path ./usr/share/zoneinfo -prune -printf '%p/…\n' -o -type f -printf '%p %s bytes\n')
du -sh "$image" | cut -f 1
! ldd "$image/kaco_ardexa" 2>/dev/null | grep -q '=>' || fail "it needs libraries: it is no static build"
mkdir "$image"/{dev,proc}

say "the health check: nothing to ask, and a port that does not answer"
with -- health
! with KACO_ARDEXA_HTTP 127.0.0.1:1 -- health 2>/dev/null || fail "it is healthy without an answer"

say "watch without variables: a usage error"
code=0
with -- watch || code=$?
((code == 2)) || fail "exit $code"

say "log, by variables alone"
with KACO_ARDEXA_DEVICE sim: KACO_ARDEXA_ADDRESSES 2,4-7 KACO_ARDEXA_DIR /logs TZ Asia/Kathmandu -- log
for inverter in 02 04 05 06 07; do
    row=$(tail -n 1 "$image/logs/$inverter/latest.csv")
    [[ ${row%%,*} == *+0545 ]] || fail "no row in the time zone of TZ: $row"
    echo "${row:0:100}"
done

say "watch, until it is told to end"
with KACO_ARDEXA_DEVICE sim: KACO_ARDEXA_ADDRESSES 2 KACO_ARDEXA_EVERY 1s KACO_ARDEXA_DIR /logs/watch -- watch &
watch=$!
for ((i = 0; i < 50; i++)); do
    [[ ! -s $image/logs/watch/02/latest.csv ]] || break
    sleep 0.2
done
[[ -s $image/logs/watch/02/latest.csv ]] || fail "no row of watch"
# The job is a shell, its child is bwrap, and the program is the child of that: the first process, as in a container.
kill "$(pgrep -P "$(pgrep -P "$watch")")"
wait "$watch" || fail "watch ended with $?"

say "a broker with TLS: the image's certificates are read"
(
    cd "$work"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=broker \
        -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE -keyout key.pem -out certificate.pem 2>/dev/null
    printf 'listener %s 127.0.0.1\nallow_anonymous true\nuser root\ncertfile %s\nkeyfile %s\n' \
        "$port" "$work/certificate.pem" "$work/key.pem" >mosquitto.conf
)
mosquitto -c "$work/mosquitto.conf" 2>"$work/mosquitto.log" &
broker=$!
for ((i = 0; i < 50; i++)); do
    ! (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    sleep 0.1
done
publish() { { with KACO_ARDEXA_MQTT "mqtts://127.0.0.1:$port" -- read sim: 2 >/dev/null; } 2>&1; }
said=$(publish) && fail "a broker was trusted that nobody vouches for"
[[ $said == *UnknownIssuer* ]] || fail "$said"
cat "$work/certificate.pem" >>"$image/etc/ssl/certs/ca-certificates.crt"
publish || fail "a broker was not trusted whose certificate is in the image"
echo "published"

say "all is well"
