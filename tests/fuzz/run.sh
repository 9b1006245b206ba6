#!/usr/bin/env bash
# Runs every fuzz target for so many executions (default 100000), one after the other, from a corpus made of the captures.
# `run.sh 5000000 kaco_stream` runs one. What was found is kept in tests/fuzz/artifacts. Needs cargo-fuzz and a nightly Rust.
set -euo pipefail
cd "$(dirname "$0")"

executions=${1:-100000}
shift || true

if ! cargo +nightly fuzz --version >/dev/null 2>&1; then
    echo "not run: fuzzing needs cargo-fuzz and a nightly Rust:" >&2
    echo "    rustup toolchain install nightly && cargo install cargo-fuzz --locked" >&2
    exit 1
fi

# Safe Rust has no memory to go wrong with: without the address sanitizer it is several times as fast.
fuzz() { cargo +nightly fuzz "$@"; }
how=(--fuzz-dir . --sanitizer none)

captured() { grep -hv '^#' "$1"; }

# The captures as bytes for targets that read bytes, as text for those that read text, and what people type.
make_corpus() {
    local capture name number=0 line
    mkdir -p corpus/{kaco_stream,kaco_mended,kaco_listen,kstar_datagram,kstar_module,kstar_identity,recording,hex_line}
    mkdir -p corpus/{addresses,duration,device,broker,escape,simulators,modbus,plant_file,day_file}
    for capture in ../captures/*.hex; do
        name=$(basename "$capture" .hex)
        for target in kaco_stream kaco_mended kaco_listen kstar_datagram kstar_module kstar_identity escape; do
            captured "$capture" | head -n 1 | perl -ne 'chomp; print pack "H*", $_' >"corpus/$target/$name"
        done
        captured "$capture" >"corpus/hex_line/$name"
        captured "$capture" | while read -r line; do
            printf '{"request":"233032300d","reply":"%s","first_byte_ms":120,"outcome":"read"}\n' "$line"
        done >"corpus/recording/$name"
    done
    printf '1.02 KSE-4000                  E4000K12345678901.02 KSE-4000                  E4000K1234567890' >corpus/kstar_identity/twice
    while read -r target line; do
        number=$((number + 1))
        printf '%b' "$line" >"corpus/$target/typed-$number"
    done <<'LINES'
addresses 1-9,12,15-20,23
addresses 7,4-8,,4, 01 ,
duration 1.5s
duration 250ms
duration 15min
duration 24h
device /dev/ttyUSB0
device tcp://[fe80::1]:8899/
device tcp://gateway.local:23
device sim:noisy
device replay:bus.jsonl
broker mqtt://a%40b:p%3Aw@homeassistant.local:1883/
broker mqtts://[fe80::1]:8883
broker ann:secret@192.168.1.9
broker ::1
simulators #020\r#01s\r#034\r
simulators WIFIKIT-214028-READ
simulators \xaa\x55\xb0\x7f\x01\x06\x00\x02\x35
simulators \xaa\x55\xb0\x7f\x01\x02\x00\x02\x31
modbus \x00\x01\x00\x00\x00\x06\x7e\x03\x9c\x40\x00\x02
modbus \x00\x02\x00\x00\x00\x09\x7e\x10\x9c\x40\x00\x01\x02\x00\x00\x00\x03\x00\x00\x00\x06\x02\x04\x9c\x40\x00\x7d
plant_file name = "Roof"\nevery = "10s"\nsunspec = "0.0.0.0:502"\nhttp = "[::]:8080"\nlog = "/var/log/kaco"\nstrict = true\n
plant_file [[bus]]\nname = "a"\ndevice = "tcp://h:1"\naddresses = "2,4-7"\nnames = { 2 = "x" }\nkwp = { 4 = 5.5 }\nsunspec-offset = 100\n[[bus]]\nname = "b"\ndevice = "sim:"\naddresses = "1"\npace = "1s"\n
plant_file [[kstar]]\nname = "hut"\nip = "10.0.0.9"\n[mqtt]\nurl = "mqtts://ann@host"\npassword-file = "/k"\nqos = 1\n
day_file 2026-05-03T12:00:00+0200,mpp-track,398.5,1.56,621,227.8,2.61,585,33,33969,6400xi\n2026-05-03T12:05:00+0200,35,1,1,1,1,1,,1,2,\n
day_file # datetime, status, AC Power, Daily yield, Type\n2026-05-03T02:59:59+0200,"fault, x",1e3,5,a\n2026-05-03T02:00:00+01:00,4,-0,6,a\n
LINES
}

# The longest input: some frames one behind the other, or the longest line that people type.
longest() {
    case $1 in
        addresses | broker | device | duration) echo 80 ;;
        kstar_identity) echo 128 ;;
        *) echo 600 ;;
    esac
}

make_corpus
mapfile -t targets < <(if (($#)); then printf '%s\n' "$@"; else fuzz list --fuzz-dir .; fi)
fuzz build "${how[@]}"
printf '%-16s %14s %10s\n' target executions seconds
for target in "${targets[@]}"; do
    start=$SECONDS
    log=$(mktemp)
    # Memory and time have an end, too.
    if ! fuzz run "${how[@]}" "$target" -- -runs="$executions" -max_len="$(longest "$target")" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
        >"$log" 2>&1; then
        tail -n 40 "$log" >&2
        exit 1
    fi
    printf '%-16s %14s %10s\n' "$target" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" $((SECONDS - start))
    rm "$log"
done
