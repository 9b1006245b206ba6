#!/usr/bin/env bash
# Simulated plants on a real cluster of three NATS servers, of which one is killed for half a minute and comes back. Everything
# that was acknowledged must have reached the subscriber, and every plant must publish again within 30 s.
#
#   tests/fleet.sh               50 plants, two minutes (the form of tests/all.sh)
#   tests/fleet.sh full          1,000 plants at 10 s; and what brokers and databases need for 100 and 1,000 plants at 10 s and 5 min
#   tests/fleet.sh full 200      as many plants as the machine bears
#
# PROGRAM=… takes a program that is built already.
#
# As root: the names of the cluster are those of a hosts file that the simulator alone sees.
set -euo pipefail
cd "$(dirname "$0")/.."

form=${1:-short} most=${2:-1000}
case $form in
short) plants=48 profile=debug settle=15 after=25 ;;
full) plants=$((most / 3 * 3)) profile=release settle=60 after=60 ;;
*)
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
inverters=10 down=30

for pair in "nats-server nats-server" "victoria-metrics victoria-metrics" "mosquitto_sub mosquitto-clients" \
    "mosquitto mosquitto" "curl curl"; do
    command -v "${pair% *}" >/dev/null || {
        echo "${pair% *} is needed: apt install ${pair#* }" >&2
        exit 1
    }
done
program=${PROGRAM:-}
if [[ -z $program ]]; then
    if [[ $profile == release ]]; then cargo build --locked --quiet --release; else cargo build --locked --quiet; fi
    program=$PWD/${CARGO_TARGET_DIR:-target}/$profile/kaco_ardexa
fi

work=$(mktemp -d)
fleet() { bash packaging/fleet/fleet.sh "$work/fleet" "$@"; }
children=()
clean() {
    ((${#children[@]} == 0)) || kill "${children[@]}" 2>/dev/null || true
    fleet stop || true
    rm -rf "$work"
}
trap clean EXIT

say() { printf '%s\n' "$*"; }

# Until a command succeeds, a minute at most.
await() {
    local what=$1 end=$((SECONDS + 90))
    shift
    until "$@" >/dev/null 2>&1; do
        if ((SECONDS > end)); then
            say "$what does not happen" >&2
            exit 1
        fi
        sleep 0.5
    done
}

# CPU seconds and memory in MB of processes, by the files that name them.
used() {
    local file pid cpu=0 memory=0
    for file in "$@"; do
        pid=$(<"$file")
        cpu=$((cpu + $(awk '{ print $14 + $15 }' "/proc/$pid/stat")))
        memory=$((memory + $(awk '/VmRSS/ { print $2 }' "/proc/$pid/status")))
    done
    echo "$(awk -v cpu=$cpu -v hertz="$(getconf CLK_TCK)" 'BEGIN { print cpu / hertz }') $((memory / 1024))"
}

# What processes need over some seconds: share of a core in percent, and memory in MB.
share() {
    local seconds=$1 before behind
    shift
    before=$(used "$@")
    sleep "$seconds"
    behind=$(used "$@")
    awk -v a="${before% *}" -v b="${behind% *}" -v s="$seconds" -v m="${behind#* }" 'BEGIN { printf "%.1f %% of a core, %d MB", 100 * (b - a) / s, m }'
}

say "== three nodes, $plants plants of $inverters inverters, every 10 s"
bash packaging/fleet/fleet.sh "$work/fleet" start one two three
bash packaging/fleet/plant.sh "$work/fleet" simulator plants >/dev/null
for node in 127.0.77.1 127.0.77.2 127.0.77.3; do
    await "node $node" curl -sSf "http://$node:8222/healthz"
done
fleet reload
middle=$(<"$work/fleet/middle.password")
simulator=$(sed -n 's/.*user: "simulator", password: "\([^"]*\)".*/\1/p' "$work/fleet/users.conf")
await "JetStream" mosquitto_pub -h 127.0.77.1 -u simulator -P "$simulator" -q 1 -t plants/trial -m x

# The cluster under three names, so that plants are spread over it and find the next node when theirs is gone.
cat >"$work/hosts" <<'HOSTS'
127.0.77.1 fleet-a
127.0.77.2 fleet-a
127.0.77.3 fleet-a
127.0.77.2 fleet-b
127.0.77.3 fleet-b
127.0.77.1 fleet-b
127.0.77.3 fleet-c
127.0.77.1 fleet-c
127.0.77.2 fleet-c
HOSTS

topics='plants/+/+/sim/kaco/+/state'
listen=(mosquitto_sub -h 127.0.77.3 -u middle -P "$middle" -i counter -c -q 1 -t "$topics")
# It is known to the cluster before anything is published.
await "the subscription" timeout 20 "${listen[@]}" -E
"${listen[@]}" -F '%t %p' 2>"$work/listen.log" > >(sed -u 's/ {"time":"\([^"]*\)".*/ \1/' >"$work/received") &
children+=($!)

simulators=()
for group in a b c; do
    (
        export MQTT_USERNAME=simulator MQTT_PASSWORD=$simulator
        # shellcheck disable=SC2016 # for the inner shell
        exec unshare --mount bash -c 'mount --bind "$1" /etc/hosts; shift; exec "$@"' - "$work/hosts" \
            "$program" simulate plants $((plants / 3)) --inverters $inverters --every 10s --mqtt "fleet-$group" \
            --mqtt-prefix "plants/$group" --mqtt-qos 1 --no-discovery
    ) 2>>"$work/simulate.log" > >(awk '/\/kaco\// { print systime(), $0; fflush() }' >"$work/acknowledged.$group") &
    simulators+=($!)
done
children+=("${simulators[@]}")

# How many plants had a state acknowledged since then.
publishing() { cat "$work"/acknowledged.? | awk -v since="$1" '$1 >= since { split($2, p, "/"); seen[p[2] "/" p[3]] } END { n = 0; for (i in seen) n++; print n }'; }
begun=$SECONDS
until (($(publishing 0) == plants)); do
    if ((SECONDS > begun + 120)); then
        say "only $(publishing 0) of $plants plants publish" >&2
        tail -n 5 "$work/simulate.log" >&2
        exit 1
    fi
    sleep 1
done
say "all publish after $((SECONDS - begun)) s"
pids=("$work"/fleet/{one,two,three}/nats.pid)
say "the three nodes together: $(share "$settle" "${pids[@]}")"

killed=$(date +%s)
fleet kill one
sleep $down
again=$(publishing $((killed + 1)))
say "one node is killed: $again of $plants plants publish again within $down s"
fleet start one
await "the node" curl -sSf http://127.0.77.1:8222/healthz
sleep "$after"

# The end: what is under way arrives.
kill "${simulators[@]}"
sleep 2
count=-1
while now=$(wc -l <"$work/received") && ((now != count)); do
    count=$now
    sleep 5
done

cut -d ' ' -f 2- "$work"/acknowledged.? | sort >"$work/sent"
sort "$work/received" >"$work/got"
sort -u "$work/got" >"$work/once"
lost=$(comm -23 <(sort -u "$work/sent") "$work/once" | wc -l)
twice=$(($(wc -l <"$work/got") - $(wc -l <"$work/once")))
say "acknowledged $(wc -l <"$work/sent"), received $(wc -l <"$work/once"), lost $lost, twice $twice"
if ((lost > 0 || again < plants)); then
    cp "$work/simulate.log" /dev/stderr | tail -n 5 || true
    exit 1
fi

[[ $form == full ]] || exit 0

# What the middle needs for this many plants, as pushed and published for a minute each. The cluster has no subscriber here.
measure() {
    local count=$1 every=$2 pids=()
    "$program" simulate plants "$count" --inverters $inverters --every "$every" --influx http://127.0.77.9:8428 &
    pids+=($!)
    "$program" simulate plants "$count" --inverters $inverters --every "$every" --no-discovery --mqtt-qos 1 \
        --mqtt 127.0.77.8 >/dev/null &
    pids+=($!)
    MQTT_USERNAME=simulator MQTT_PASSWORD=$simulator "$program" simulate plants "$count" --inverters $inverters \
        --every "$every" --no-discovery --mqtt-qos 1 --mqtt 127.0.77.2 >/dev/null &
    pids+=($!)
    children+=("${pids[@]}")
    # Plants begin one after the other, during the first round.
    sleep $((every < 60 ? 2 * every : every + 10))
    share 60 "$work"/fleet/{one,two,three}/nats.pid >"$work/cluster" &
    local first=$!
    share 60 "$work/mosquitto.pid" >"$work/mosquitto" &
    share 60 "$work/fleet/database/pid" >"$work/database"
    wait $first $!
    say "$count plants, every $every s: cluster $(<"$work/cluster"); mosquitto $(<"$work/mosquitto"); VictoriaMetrics $(<"$work/database")"
    kill "${pids[@]}"
}

say "== what the middle needs"
fleet start database
printf 'listener 1883 127.0.77.8\nallow_anonymous true\nmax_connections -1\npersistence true\npersistence_location %s/\n' "$work" >"$work/mosquitto.conf"
mosquitto -c "$work/mosquitto.conf" >"$work/mosquitto.log" 2>&1 &
echo $! >"$work/mosquitto.pid"
children+=($!)
await "the database" curl -sSf http://127.0.77.9:8428/health
for every in 10 300; do
    for count in $((most / 10)) "$most"; do measure "$count" $every; done
done
