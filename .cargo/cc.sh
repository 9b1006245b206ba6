#!/bin/sh
# Links with cc, by the script seldom.ld beside this file. A linker that can't take it (mold, gold) links without.
# Relocations are packed where the C library can read them (from glibc 2.36 on): 200 kB less.
# The unwinder is linked in: a library of its own takes a tenth of the start.
packed=
grep -qs GLIBC_ABI_DT_RELR "$(cc -print-file-name=libc.so.6)" && packed=-Wl,-z,pack-relative-relocs
small() {
    for argument do
        shift
        [ "$argument" = -lgcc_s ] && argument=-lgcc_eh
        set -- "$@" "$argument"
    done
    cc "$@" $packed -T "$script"
}
script=${0%/*}/seldom.ld
small "$@" 2>/dev/null || exec cc "$@"
