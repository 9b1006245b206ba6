#!/usr/bin/env bash
# The whole suite at hours and in places at which a test could fail that depends on them: at night, over midnight, over
# both changes of the clock, without a network, with SIGINT ignored, with the usual ports taken, beside six busy loops.
#
#     bash tests/hours.sh                    all of them, one after the other
#     bash tests/hours.sh 18:35 spring       some of them; any time of day will do
#     bash tests/hours.sh load load load     one of them three times
#     bash tests/hours.sh network -- kstar   with what `cargo test` takes behind the name
set -euo pipefail
cd "$(dirname "$0")/.."

passes=()
while (($#)) && [[ $1 != -- ]]; do
    passes+=("$1")
    shift
done
shift $(($# > 0))
arguments=("$@")
((${#passes[@]})) || passes=(00:01 03:30 12:00 18:35 23:59 spring autumn network interrupt ports load)

export TZ=Europe/Berlin
# As in tests/all.sh.
export RUST_TEST_THREADS=${RUST_TEST_THREADS:-16}

# Tests run the program as other users too: they have to reach the library.
logs=${CARGO_TARGET_DIR:-target}/tmp/hours
work=$(mktemp -d)
holders=()
release() {
    ((${#holders[@]} == 0)) || kill "${holders[@]}" 2>/dev/null || true
    holders=()
}
clean_up() {
    release
    rm -r "$work"
}
trap clean_up EXIT
chmod 755 "$work"
mkdir -p "$logs"
cc -shared -fPIC -Wall -Werror -O1 -o "$work/clock.so" tests/clock.c

cargo test --locked --no-run --message-format=json >"$work/built"
mapfile -t binaries < <(jq -r 'select(.profile.test? and .executable) | .executable' "$work/built")

# All binaries of tests, with what is given before them.
suite() {
    local binary failed=0
    for binary in "${binaries[@]}"; do
        "$@" "$binary" --quiet "${arguments[@]}" </dev/null || failed=1
    done
    return "$failed"
}

# A program, started at this time.
at() {
    local offset=$(($(date -d "$1" +%s) - $(date +%s)))
    env LD_PRELOAD="$work/clock.so" CLOCK_OFFSET=$offset "${@:2}"
}

only_lo() {
    # shellcheck disable=SC2016 # the inner shell expands it
    suite unshare --net sh -c 'ip link set lo up && exec "$0" "$@"'
}

interrupt_ignored() (
    trap '' INT
    suite
)

# KSTAR inverters of the tests have UDP ports 8899 and 48899 on addresses of their own: only those of 127.0.0.1 are taken.
ports_taken() {
    local port
    for port in 502 1502 1883 8080 8883 8899 9090 48899; do
        socat -u "TCP-LISTEN:$port,fork" OPEN:/dev/null &
        holders+=($!)
        socat -u "UDP-RECV:$port,bind=127.0.0.1" OPEN:/dev/null &
        holders+=($!)
    done
    suite
}

six_loops() {
    for _ in 1 2 3 4 5 6; do
        while :; do :; done &
        holders+=($!)
    done
    suite
}

# A minute before the hour that does not exist, and before the one that comes twice.
run() {
    case $1 in
        spring) suite at '2026-03-29 01:59 CET' ;;
        autumn) suite at '2026-10-25 02:59 CEST' ;;
        network) only_lo ;;
        interrupt) interrupt_ignored ;;
        ports) ports_taken ;;
        load) six_loops ;;
        *) suite at "today $1" ;;
    esac
}

failed=0 number=0
for pass in "${passes[@]}"; do
    number=$((number + 1))
    start=$SECONDS log=$logs/$number-$pass.log
    if run "$pass" >"$log" 2>&1; then
        printf '%-10s ok      %4d s\n' "$pass" $((SECONDS - start))
    else
        failed=1
        printf '%-10s failed  %4d s: %s\n' "$pass" $((SECONDS - start)) "$log"
        grep -h '^---- .* stdout ----$' "$log" | sort -u || true
    fi
    release
done
exit "$failed"
