#!/usr/bin/env bash
# Runs what build-cross.sh built, each under the processor of the oldest board that it is for (qemu-user), and compares
# it with the program of this machine:
#   packaging/test-cross.sh                                every target that was built
#   packaging/test-cross.sh aarch64-unknown-linux-musl     this one
# Debian packages: qemu-user (of Debian 13 or newer: older ones have no call to set the speed of a serial port); for the
# -gnu targets also libc6-arm64-cross and libc6-armhf-cross.
set -euo pipefail
cd "$(dirname "$0")/.."

built=${CARGO_TARGET_DIR:-target}
native=$built/release/kaco_ardexa
addresses=2,4-7
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    printf '%s: %s\n' "${0##*/}" "$1" >&2
    exit 1
}

qemu() {
    command -v "qemu-$1" || fail "qemu-$1 is missing; type: apt install qemu-user"
}

# Sets `emulator`: the words before the program's name. The boards: Pi 3, Pi 2, Pi 1. The C library that Debian has
# for 32 bit ARM is made for ARMv7, so on a Pi 1's processor only the static program can be run.
choose_emulator() {
    local path
    case $1 in
    x86_64-*) emulator=() ;;
    aarch64-*) path=$(qemu aarch64) && emulator=("$path" -cpu cortex-a53 -L /usr/aarch64-linux-gnu) ;;
    arm-*-musleabihf) path=$(qemu arm) && emulator=("$path" -cpu arm1176) ;;
    arm*) path=$(qemu arm) && emulator=("$path" -cpu cortex-a7 -L /usr/arm-linux-gnueabihf) ;;
    *) fail "no emulator is known for $1" ;;
    esac
}

# Rows of all folders, in the order of the folders. The time, a row's first cell, is left out.
rows() {
    local file
    for file in "$1"/*/latest.csv; do
        printf '%s\n' "$(basename "$(dirname "$file")")"
        sed 's/^[0-9T:+-]*,/TIME,/' "$file"
    done
}

# What of a log does not change with the hour: folders, headers, how many rows and cells, and the type.
shape() {
    rows "$1" | awk -F, '/^TIME/ { print NF " cells, type " $NF; next } { print }'
}

says_its_version() {
    cmp -s <("$native" --version) <("$@" --version)
}

decodes() {
    local capture
    for capture in tests/captures/*.hex; do
        # Captures with refused replies end in exit code 1, as they should.
        cmp -s "${capture%.hex}.json" <("$@" decode --format json "$capture") &&
            cmp -s <("$native" decode "$capture") <("$@" decode "$capture") || return
    done
}

logs_simulated_inverters() {
    local logs
    logs=$(mktemp -d -p "$work")
    "$@" log sim: "$addresses" "$logs" && cmp -s <(shape "$work/sim") <(shape "$logs")
}

logs_a_recording() {
    local logs
    logs=$(mktemp -d -p "$work")
    "$@" log --counters "replay:$work/recording" "$addresses" "$logs" && cmp -s <(rows "$work/replay") <(rows "$logs")
}

verdict() {
    if "$@"; then echo ok; else echo WRONG; fi
}

targets=("$@")
if (($# == 0)); then
    for path in "$built"/*-*-*/release/kaco_ardexa; do
        [[ ! -x $path ]] || targets+=("$(basename "${path%/release/kaco_ardexa}")")
    done
    ((${#targets[@]})) || fail "nothing is built; type: packaging/build-cross.sh"
fi
for target in "${targets[@]}"; do
    [[ -x $built/$target/release/kaco_ardexa ]] || fail "$target is not built; type: packaging/build-cross.sh $target"
done

# The words to compare with, and the rows. Of the same commit as what was built.
export KACO_ARDEXA_COMMIT=${KACO_ARDEXA_COMMIT-$(git rev-parse HEAD 2>/dev/null || true)}
"${CARGO:-cargo}" build --release --locked --quiet
"$native" log sim: "$addresses" "$work/sim"
"$native" log --counters --record "$work/recording" sim: "$addresses" "$work/recorded"
"$native" log --counters "replay:$work/recording" "$addresses" "$work/replay"

line='%-30s %9s  %-9s %-7s %-9s %s\n'
# shellcheck disable=SC2059 # one format for the whole table
printf "$line" target bytes --version decode 'log sim:' 'log replay:'
all=ok
for target in "${targets[@]}"; do
    choose_emulator "$target"
    binary=$built/$target/release/kaco_ardexa
    run=("${emulator[@]}" "$binary")
    results=()
    for check in says_its_version decodes logs_simulated_inverters logs_a_recording; do
        results+=("$(verdict "$check" "${run[@]}")")
    done
    # shellcheck disable=SC2059
    printf "$line" "$target" "$(stat -c %s "$binary")" "${results[@]}"
    [[ ${results[*]} != *WRONG* ]] || all=wrong
done
[[ $all == ok ]]
