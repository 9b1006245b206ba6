#!/usr/bin/env bash
# The middle of a fleet: three NATS servers with MQTT and JetStream, and a VictoriaMetrics.
#
#   fleet.sh DIRECTORY start [NAME…]     the nodes of DIRECTORY/nodes that are named, or all, and `database`
#   fleet.sh DIRECTORY stop [NAME…]
#   fleet.sh DIRECTORY kill NAME         as a machine does that loses its power
#   fleet.sh DIRECTORY reload            after plant.sh
#   fleet.sh DIRECTORY status
#
# DIRECTORY/nodes has a line for each node, name and address. It is made with three addresses of this machine; for three
# machines write theirs, copy nodes and users.conf to each of them, and start one name on each.
# Debian: apt install nats-server victoria-metrics
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
if (($# < 2)); then
    sed -n 's/^# \{0,1\}//; 2,/^Debian/p' "$0" >&2
    exit 2
fi
directory=$1 action=$2
shift 2

secret() { head -c 18 /dev/urandom | base64 | tr '+/' 'xy'; }

prepare() {
    mkdir -p "$directory/plants"
    directory=$(cd "$directory" && pwd)
    [[ -e $directory/nodes ]] || printf '%s\n' "one 127.0.77.1" "two 127.0.77.2" "three 127.0.77.3" >"$directory/nodes"
    [[ -e $directory/scrape.yml ]] || cp "$here/scrape.yml" "$directory/scrape.yml"
    if [[ ! -e $directory/users.conf ]]; then
        (
            umask 077
            middle=$(secret)
            sed "s|@SYS@|$(secret)|; s|@MIDDLE@|$middle|" "$here/users.conf" >"$directory/users.conf"
            echo "$middle" >"$directory/middle.password"
        )
    fi
}

address_of() { awk -v name="$1" '$1 == name { print $2 }' "$directory/nodes"; }

# Whether a process that was started here still runs.
runs() { [[ -e $1 ]] && kill -0 "$(<"$1")" 2>/dev/null; }

start_node() {
    local name=$1 address data=$directory/$1 routes
    address=$(address_of "$name")
    if [[ -z $address ]]; then
        echo "there is no node $name in $directory/nodes" >&2
        exit 2
    fi
    mkdir -p "$data"
    routes=$(awk '{ printf "%s\"nats-route://%s:6222\"", (NR > 1 ? ", " : ""), $2 }' "$directory/nodes")
    sed "s|@NAME@|$name|; s|@ADDRESS@|$address|; s|@DATA@|$data|; s|@ROUTES@|$routes|" "$here/node.conf" >"$data/node.conf"
    runs "$data/nats.pid" && return
    nats-server -c "$data/node.conf" >"$data/output" 2>&1 &
}

start_database() {
    local data=$directory/database
    mkdir -p "$data"
    runs "$data/pid" && return
    # Rows that were pushed twice are one.
    victoria-metrics -httpListenAddr="${DATABASE:-127.0.77.9:8428}" -storageDataPath="$data" -retentionPeriod=10y \
        -dedup.minScrapeInterval=1ms -promscrape.config="$directory/scrape.yml" >"$data/output" 2>&1 &
    echo $! >"$data/pid"
}

# The file that says which process it is.
pid_file() {
    case $1 in
    database) echo "$directory/database/pid" ;;
    *) echo "$directory/$1/nats.pid" ;;
    esac
}

end() {
    local file
    file=$(pid_file "$2")
    if runs "$file"; then
        kill "-$1" "$(<"$file")"
        while runs "$file"; do sleep 0.1; done
    fi
    rm -f "$file"
}

names() {
    if (($#)); then
        printf '%s\n' "$@"
    else
        awk '{ print $1 }' "$directory/nodes"
        echo database
    fi
}

prepare
case $action in
start)
    for name in $(names "$@"); do
        if [[ $name == database ]]; then start_database; else start_node "$name"; fi
    done
    ;;
stop) for name in $(names "$@"); do end TERM "$name"; done ;;
kill) for name in "$@"; do end KILL "$name"; done ;;
reload)
    while read -r name _; do
        file=$(pid_file "$name")
        if runs "$file"; then kill -HUP "$(<"$file")"; fi
    done <"$directory/nodes"
    ;;
status)
    while read -r name address; do
        health=$(curl -sS -m 3 "http://$address:8222/healthz" 2>&1 || true)
        printf '%-10s %-16s %s\n' "$name" "$address" "$health"
    done <"$directory/nodes"
    ;;
*)
    echo "$action: there are start, stop, kill, reload and status" >&2
    exit 2
    ;;
esac
