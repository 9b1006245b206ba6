#!/usr/bin/env bash
# Builds the Debian package: packaging/build-deb.sh [TARGET]
# TARGET is a target of Rust, such as aarch64-unknown-linux-gnu; this machine's if there is none. Needs cargo-deb
# (cargo install --locked cargo-deb) and dpkg-dev; a TARGET also needs its linker, or BUILD='cargo zigbuild', which brings one.
# VARIANT=release: for every Debian that has the C library for which build-cross.sh builds, not for this machine's.
# The last line names the package.
set -euo pipefail
cd "$(dirname "$0")/.."

# For --version.
export KACO_ARDEXA_COMMIT=${KACO_ARDEXA_COMMIT-$(git rev-parse HEAD 2>/dev/null || true)}

target=${1:-}
to_target=(${target:+--target "$target"})
made=target/packaging
mkdir -p "$made"

read -ra build <<<"${BUILD:-cargo build}"
"${build[@]}" --release --locked "${to_target[@]}"

# By a program that runs here, whatever TARGET is.
program=${CARGO_TARGET_DIR:-target}/${target:+$target/}release/kaco_ardexa
if [[ -n $target && $target != "$(rustc --version --verbose | sed -n 's/^host: //p')" ]]; then
    cargo build --release --locked
    program=${CARGO_TARGET_DIR:-target}/release/kaco_ardexa
fi
rm -rf "$made/man"
mkdir "$made/man"
"$program" man >"$made/man/kaco_ardexa.1"
# The page of all commands is generated too, so its list is complete.
while read -r command; do
    # shellcheck disable=SC2086 # `kstar log` is two words
    "$program" man $command >"$made/man/kaco_ardexa-${command// /-}.1"
done < <(sed -n 's/^- \[.\(.*\).\](.*/\1/p' docs/cli.md)
for shell in bash zsh fish; do
    "$program" completions "$shell" >"$made/kaco_ardexa.$shell"
done

packaging/notices.sh "$made/THIRD-PARTY-NOTICES"

# Debian wants a changelog of its own form: the package is as new as its source.
version=$("$program" --version)
version=${version#kaco_ardexa }
maintainer=$(sed -n 's/^maintainer = "\(.*\)"/\1/p' Cargo.toml)
date=$(date --utc --rfc-email --date "@${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct || date +%s)}")
cat >"$made/changelog" <<END
kaco-ardexa (${version%% *}-1) stable; urgency=medium

  * See /usr/share/doc/kaco-ardexa/docs/changelog.md

 -- $maintainer  $date
END

cargo deb --locked --no-build "${to_target[@]}" ${VARIANT:+--variant "$VARIANT"}
