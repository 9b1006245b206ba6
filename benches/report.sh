#!/usr/bin/env bash
# Runs the benchmarks, and puts what they print into docs/benchmarks.md and its picture. `report.sh --draw` only draws the picture
# of the figures that are in the page.
set -euo pipefail
cd "$(dirname "$0")/.."

page=docs/benchmarks.md
picture=docs/pictures/benchmarks.svg
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What is between the marks of this name in the page is replaced by standard input.
fill() {
    cat >"$work/block"
    awk -v name="$1" -v block="$work/block" '
        $0 == "<!-- end of " name " -->" { inside = 0 }
        !inside { print }
        $0 == "<!-- " name " -->" {
            inside = 1
            print "```text"
            while ((getline line < block) > 0) print line
            print "```"
        }' "$page" >"$work/page"
    cp "$work/page" "$page"
}

machine() {
    echo "$(nproc) cores, $(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1), Linux $(uname -r)"
    echo "load before: $(cut -d ' ' -f 1-3 /proc/loadavg)"
}

# Processor time and memory of `log` on one inverter, which another process plays.
one_run() {
    local program=$work/kaco_ardexa runs=20 most=0 player run kilobytes
    # Copied, as an installation does: the system maps a file in larger pieces than a linker wrote it.
    cp target/release/kaco_ardexa "$program"
    "$program" simulate kaco 2 --link "$work/bus" >"$work/terminal" &
    player=$!
    until [[ -e $work/bus ]]; do sleep 0.1; done
    # Tenths of a second: a run waits for its inverter that long.
    for ((number = 0; number < 5; number++)); do
        "$program" log "$work/bus" 2 "$work/logs" >"$work/out" &
        run=$!
        while kilobytes=$(awk '/VmHWM/ { print $2 }' "/proc/$run/status" 2>/dev/null) && [[ $kilobytes ]]; do
            most=$((kilobytes > most ? kilobytes : most))
        done
        wait "$run"
    done
    TIMEFORMAT='%U %S'
    {
        time for ((number = 0; number < runs; number++)); do
            "$program" log "$work/bus" 2 "$work/logs" >"$work/out"
        done
    } 2>"$work/times"
    kill "$player"
    awk -v runs="$runs" -v most="$most" \
        '{ printf "%.1f ms of processor time, %.1f MB at most\n", ($1 + $2) * 1000 / runs, most / 1000 }' "$work/times"
    echo "the program has $(stat -c %s "$program") bytes"
}

# Bars of each run of the page: what wire and pace allow, this program, and the Python program where its time is known.
draw() {
    awk '
        function bar(label, seconds, longest, colour, bold) {
            printf "<text x=\"196\" y=\"%d\" text-anchor=\"end\" fill=\"#59636e\">%s</text>", y + 13, label
            printf "<rect x=\"208\" y=\"%d\" width=\"%.1f\" height=\"16\" fill=\"%s\"/>", y, seconds / longest * 480, colour
            printf "<text x=\"%.1f\" y=\"%d\" font-weight=\"%s\">%.3g s</text>\n", 216 + seconds / longest * 480, y + 13, bold, seconds
            y += 21
        }
        function run(name, allowed, taken, python,   longest) {
            longest = python > taken ? python : taken
            printf "<text x=\"20\" y=\"%d\" font-weight=\"600\">%s</text>\n", y + 13, name
            y += 24
            bar("wire and pace allow", allowed, longest, "#b6bcc4", "normal")
            bar("kaco_ardexa", taken, longest, "#0072b2", "600")
            if (python) bar("Python program", python, longest, "#d55e00", "normal")
            y += 14
        }
        BEGIN {
            y = 20
            print "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 800 HEIGHT\" width=\"800\" height=\"HEIGHT\" role=\"img\"" \
                " aria-label=\"Seconds of a run: what wire and pace allow, and what it takes\"" \
                " font-family=\"system-ui,-apple-system,&quot;Segoe UI&quot;,Roboto,&quot;DejaVu Sans&quot;,sans-serif\" font-size=\"13\" fill=\"#1f2328\">"
            print "<rect width=\"800\" height=\"HEIGHT\" rx=\"10\" fill=\"#fbfcfd\"/>"
        }
        match($0, / +[0-9.]+s +[0-9.]+s +[-+]/) && !/^5, 8|^64/ {
            name = substr($0, 1, RSTART - 1)
            split(substr($0, RSTART), figures, " ")
            run(name, figures[1] + 0, figures[2] + 0, name ~ /silent/ ? 620 : 0)
        }
        END { print "</svg>"; print y > "/dev/stderr" }' "$page" 2>"$work/height" >"$work/picture"
    sed "s/HEIGHT/$(cat "$work/height")/g" "$work/picture" >"$picture"
}

if [[ ${1-} != --draw ]]; then
    machine | fill machine
    cargo build --release
    one_run | fill "one run"
    for bench in bus sunspec history decode; do
        # Lines of dots and lines that tests would have are not figures.
        cargo bench --bench "$bench" | sed -E '/^(running|test result)/d; s/ +$//' | cat -s | fill "$bench"
    done
fi
draw
