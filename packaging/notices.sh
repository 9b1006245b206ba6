#!/bin/sh
# Writes the licences of all that the program is made of: packaging/notices.sh FILE
# They are passed on with the program. Needs cargo-about (cargo install --locked cargo-about@0.9.3).
set -eu
case ${1:?write the file to make, for example target/packaging/THIRD-PARTY-NOTICES} in
/*) file=$1 ;;
*) file=$PWD/$1 ;;
esac
cd "$(dirname "$0")/.."
cargo about generate --locked --offline --fail --config packaging/about.toml --output-file "$file" packaging/notices.hbs
# The one that wants its source named.
grep -q '^  serialport ' "$file" || {
    echo "$file: serialport is missing" >&2
    exit 1
}
