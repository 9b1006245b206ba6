#!/usr/bin/env bash
# Everything that must hold: installs what the tests need, then format, lints, dependencies, all tests, documentation.
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
    "influxd influxdb"
    "victoria-metrics victoria-metrics"
    "nats-server nats-server"
    "chromium chromium"
    "mandoc mandoc"
    "systemd-analyze systemd"
    "shellcheck shellcheck"
    "jq jq"
    "curl curl"
)

# cargo's subcommand -> crate that has it
# cargo-deny takes two to four minutes to compile. The lint unused_crate_dependencies could not stand in for
# cargo-machete: it wants each dependency used by library, program and every test alike.
tools=(
    "deny cargo-deny@0.20.2"
    "machete cargo-machete@0.9.2"
)

say() { printf '\n== %s\n' "$*"; }

# Packages of services are installed for their tools; no service of theirs is to run. Until the subshell ends.
start_no_services() {
    local policy=/usr/sbin/policy-rc.d
    [[ ! -e $policy ]] || return 0 # this machine has its own
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    # shellcheck disable=SC2064 # the name is not known any more when it is needed
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

# Compiled without optimizing: they run for a second.
install_tools() {
    local pair
    for pair in "${tools[@]}"; do
        cargo "${pair% *}" --version >/dev/null 2>&1 && continue
        say "installing ${pair#* }"
        CARGO_PROFILE_DEV_DEBUG=0 cargo install --quiet --locked --debug "${pair#* }"
    done
}

install_missing
install_tools

say "format"
cargo fmt --check

say "lints"
cargo clippy --locked --all-targets --quiet -- -D warnings

say "dependencies"
# Not `advisories`: their list is fetched with git from outside the registry, see docs/contributing.md.
cargo deny check --deny warnings bans licenses sources
cargo machete
mkdir -p "${CARGO_TARGET_DIR:-target}/tmp"
packaging/notices.sh "${CARGO_TARGET_DIR:-target}/tmp/THIRD-PARTY-NOTICES"

say "tests"
figures=${CARGO_TARGET_DIR:-target}/tmp/faults.tsv
rm -f "$figures"
# Most tests wait for a bus most of the time: more of them at once than there are cores.
RUST_TEST_THREADS=${RUST_TEST_THREADS:-16} cargo test --locked --quiet

say "a fleet on a cluster"
tests/fleet.sh

show_faults() {
    local what tried survived lost
    while IFS=$'\t' read -r what tried survived lost; do
        printf '%-60s %7s %7s %5s\n' "$what" "$tried" "$survived" "$lost"
    done < <(sort "$figures")
}

say "documentation"
RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --quiet

say "faults: tried, survived, lost"
show_faults

say "all is well"
