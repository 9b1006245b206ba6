#!/usr/bin/env bash
# Builds what a release offers for download, into dist/:
#   packaging/release.sh              everything
#   packaging/release.sh --twice      everything twice, from two empty target directories; fails unless the files are equal
#   TARGETS=x86_64-unknown-linux-musl packaging/release.sh      only these, of those below
# Static programs, Debian packages, notices of the libraries, SHA256SUMS. Needs what build-cross.sh and build-deb.sh need.
set -euo pipefail
cd "$(dirname "$0")/.."

# target -> name in dist/
programs=(
    "x86_64-unknown-linux-musl x86_64"
    "aarch64-unknown-linux-musl aarch64"
    "armv7-unknown-linux-musleabihf armv7"
    "arm-unknown-linux-musleabihf armv6"
)

# Target of the program in a package; cargo-deb knows the architecture that belongs to it. A Pi 1 or Zero is armhf too, for
# Raspberry Pi OS, but no ARMv7.
packages=(
    x86_64-unknown-linux-gnu
    aarch64-unknown-linux-gnu
    arm-unknown-linux-gnueabihf
)

# What a build depends on besides the sources: its date, its commit and where it was built.
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
KACO_ARDEXA_COMMIT=$(git rev-parse HEAD)
home=${CARGO_HOME:-$HOME/.cargo}
RUSTFLAGS="--remap-path-prefix=$PWD=/kaco_ardexa --remap-path-prefix=$home=/cargo ${RUSTFLAGS:-}"
export SOURCE_DATE_EPOCH KACO_ARDEXA_COMMIT RUSTFLAGS

wanted() {
    [[ -z ${TARGETS:-} || " $TARGETS " == *" $1 "* ]]
}

# Everything into the folder $1. Of generated code the last path is noted that is replaced here.
build() {
    local dist=$1 version pair target deb
    local -x RUSTFLAGS="$RUSTFLAGS --remap-path-prefix=${CARGO_TARGET_DIR:-$PWD/target}=/target"
    rm -rf "$dist"
    mkdir -p "$dist"
    version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
    for pair in "${programs[@]}"; do
        target=${pair% *}
        wanted "$target" || continue
        packaging/build-cross.sh "$target"
        install -m 755 "${CARGO_TARGET_DIR:-target}/$target/release/kaco_ardexa" "$dist/kaco_ardexa-$version-${pair#* }"
    done
    for target in "${packages[@]}"; do
        wanted "$target" || continue
        packaging/build-cross.sh "$target"
        deb=$(BUILD=true VARIANT=release packaging/build-deb.sh "$target" | tail -n 1)
        install -m 644 "$deb" "$dist/"
    done
    install -m 644 LICENSE "$dist/"
    packaging/notices.sh "$dist/THIRD-PARTY-NOTICES"
    (cd "$dist" && sha256sum -- * >SHA256SUMS)
}

case ${1:-} in
--twice)
    rm -rf target/first target/second
    CARGO_TARGET_DIR=$PWD/target/first build target/first/dist
    CARGO_TARGET_DIR=$PWD/target/second build target/second/dist
    diff target/first/dist/SHA256SUMS target/second/dist/SHA256SUMS
    rm -rf dist
    cp -r target/second/dist dist
    echo "both builds are equal"
    ;;
"") build dist ;;
*)
    sed -n '2,6s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
cat dist/SHA256SUMS
