#!/usr/bin/env bash
# Everything that must hold: installs what the tests need, then format, lints, all tests, documentation.
# Runs on a bare Debian with cargo and a C linker, as root (or as a user where nothing is missing).
set -euo pipefail
cd "$(dirname "$0")/.."

# command -> Debian package that has it
needed=(
    "cc gcc"
    "git git"
    "mosquitto mosquitto"
    "mosquitto_sub mosquitto-clients"
    "openssl openssl"
    "ser2net ser2net"
    "socat socat"
    "promtool prometheus"
    "mandoc mandoc"
)

say() { printf '\n== %s\n' "$*"; }

# Packages of services are installed for their tools; no service of theirs is to run. Until the subshell ends.
start_no_services() {
    local policy=/usr/sbin/policy-rc.d
    [[ ! -e $policy ]] || return 0 # this machine has its own
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    trap "rm -f $policy" EXIT
}

install_missing() {
    local missing=() pair
    for pair in "${needed[@]}"; do
        command -v "${pair% *}" >/dev/null || missing+=("${pair#* }")
    done
    ((${#missing[@]})) || return 0
    say "installing ${missing[*]}"
    if ((EUID != 0)); then
        echo "these Debian packages are missing, install them as root: ${missing[*]}" >&2
        exit 1
    fi
    (
        start_no_services
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
    )
}

install_missing

say "format"
cargo fmt --check

say "lints"
cargo clippy --locked --all-targets --quiet -- -D warnings

say "tests"
# Most tests wait for a bus most of the time: more of them at once than there are cores.
RUST_TEST_THREADS=${RUST_TEST_THREADS:-16} cargo test --locked --quiet

say "documentation"
RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --quiet

say "all is well"
