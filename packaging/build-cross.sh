#!/usr/bin/env bash
# Builds the release binary for other machines, with zig as the C compiler and linker of them all:
#   packaging/build-cross.sh                                every target below
#   packaging/build-cross.sh aarch64-unknown-linux-musl     this one
# Which one a machine needs is in docs/building.md. All environment variables of cargo work.
set -euo pipefail
cd "$(dirname "$0")/.."

targets=(
    x86_64-unknown-linux-musl
    aarch64-unknown-linux-musl
    armv7-unknown-linux-musleabihf
    arm-unknown-linux-musleabihf
    aarch64-unknown-linux-gnu
    armv7-unknown-linux-gnueabihf
    arm-unknown-linux-gnueabihf
)

# The oldest C library that the -gnu ones must run with: Debian 10, and Raspberry Pi OS of that time.
glibc=2.28

# For --version.
export KACO_ARDEXA_COMMIT=${KACO_ARDEXA_COMMIT-$(git rev-parse HEAD 2>/dev/null || true)}

cargo=${CARGO:-cargo}

fail() {
    printf '%s: %s\n' "${0##*/}" "$1" >&2
    exit 1
}

need_tools() {
    "$cargo" --version >/dev/null || fail "cargo is missing; get it from https://rustup.rs"
    "$cargo" zigbuild --help >/dev/null 2>&1 ||
        fail "cargo-zigbuild is missing; type: python3 -m venv ~/zig && . ~/zig/bin/activate && pip install cargo-zigbuild ziglang"
    [[ -n ${CARGO_ZIGBUILD_ZIG_PATH:-} ]] || command -v zig >/dev/null || python3 -m ziglang version >/dev/null 2>&1 ||
        fail "zig is missing; type: pip install ziglang"
}

# A toolchain that is not of rustup brings the targets in its own way.
need_target() {
    command -v rustup >/dev/null || return 0
    rustup target list --installed | grep -qxF "$1" ||
        fail "the toolchain has no standard library for $1; type: rustup target add $1"
}

(($# == 0)) || targets=("$@")
need_tools
for target in "${targets[@]}"; do
    need_target "$target"
done
for target in "${targets[@]}"; do
    printf '\n== %s\n' "$target"
    wanted=$target
    [[ $target != *-gnu* ]] || wanted=$target.$glibc
    "$cargo" zigbuild --release --locked --target "$wanted"
    ls -l "${CARGO_TARGET_DIR:-target}/$target/release/kaco_ardexa"
done
