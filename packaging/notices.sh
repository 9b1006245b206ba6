#!/bin/sh
# Writes the licences of all that the program is made of: packaging/notices.sh FILE
# They are passed on with the program. Needs cargo alone; .cargo/deny.toml decides which licences
# there may be.
set -eu
case ${1:?write the file to make, for example target/packaging/THIRD-PARTY-NOTICES} in
/*) file=$1 ;;
*) file=$PWD/$1 ;;
esac
cd "$(dirname "$0")/.."
sources=${CARGO_HOME:-$HOME/.cargo}/registry/src
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "notices.sh: $1" >&2
    exit 1
}

# name|version|licence|home of each crate, for the machines of .cargo/deny.toml.
cargo tree --locked --edges normal,no-proc-macro --prefix none --no-dedupe \
    --target x86_64-unknown-linux-gnu --target aarch64-unknown-linux-gnu \
    --target armv7-unknown-linux-gnueabihf --target arm-unknown-linux-gnueabihf \
    --format '{p}|{l}|{r}' >"$work/tree"
sed -n '/^kaco_ardexa /d; s/^\([^ ]*\) v\([^ |]*\)|/\1|\2|/p' "$work/tree" | LC_ALL=C sort -u >"$work/crates"

# The licences in folder $1 of a crate under $2. Where there is a choice, it is MIT.
texts() {
    find "$1" -maxdepth 1 -type f ! -name '*.rs' \
        \( -iname 'licen[cs]e*' -o -iname 'copying*' -o -iname 'unlicense*' -o -iname 'notice*' \) |
        LC_ALL=C sort >"$work/all"
    grep -v -i -e apache -e bsl -e boost -e copying -e gpl -e unlicense "$work/all" >"$work/some" || true
    case $2 in
    *AND*) cat "$work/all" ;;
    *MIT*) if [ -s "$work/some" ]; then cat "$work/some"; else cat "$work/all"; fi ;;
    *) cat "$work/all" ;;
    esac
}

# A crate that brings no text is taken under Apache, whose text is the same everywhere.
apache=$(find "$sources"/*/libc-* -name LICENSE-APACHE | sort | tail -n 1)

while IFS='|' read -r name version licence home; do
    folder=$(find "$sources" -mindepth 2 -maxdepth 2 -name "$name-$version")
    [ -n "$folder" ] || fail "the sources of $name $version are missing; type: cargo fetch --locked"
    texts "$folder" "$licence" >"$work/texts"
    if ! [ -s "$work/texts" ]; then
        case $licence in
        *Apache-2.0*) echo "$apache" >"$work/texts" ;;
        *) fail "$name $version has no licence file" ;;
        esac
    fi
    while read -r text; do
        sum=$(sha256sum <"$text")
        printf '%s\t%s\t%s\n' "${sum%% *}" "$text" "$name $version, $licence, $home"
    done <"$work/texts"
done <"$work/crates" >"$work/all-texts"

# The one that wants its source named.
mpl=$(sed -n 's/^\([^|]*\)|\([^|]*\)|MPL-2.0|.*/https:\/\/static.crates.io\/crates\/\1\/\1-\2.crate/p' "$work/crates")
case $mpl in
*/serialport-*) ;;
*) fail "serialport is missing among the crates" ;;
esac
{
    cat <<END_OF_HEAD
The program kaco_ardexa, itself under the MIT licence, is made of the following works of others,
unchanged. Where their authors offer a choice of licences, it is used under the one shown here.

Source of those under the Mozilla Public License 2.0:
$mpl

Also in it: the standard library of Rust (MIT or Apache-2.0, https://github.com/rust-lang/rust), and
in static programs musl (MIT, copyright 2005-2020 Rich Felker and others, https://musl.libc.org).
END_OF_HEAD
    # Each text once, under the names of all that have it.
    cut -f 1 "$work/all-texts" | awk '!seen[$0]++' | while read -r sum; do
        printf '\n%s\n' "================================================================================"
        grep "^$sum" "$work/all-texts" | cut -f 3
        echo
        cat "$(grep "^$sum" "$work/all-texts" | head -n 1 | cut -f 2)"
    done
} >"$file"
