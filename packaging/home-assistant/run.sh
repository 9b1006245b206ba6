#!/usr/bin/with-contenv bash
# shellcheck shell=bash
# Starts the program as the options of the add-on say: a `watch` for each family of inverters. Ends when one of them does.
set -euo pipefail

# Another place is for trying it without Home Assistant.
options=${OPTIONS:-/data/options.json}
supervisor=${SUPERVISOR:-http://supervisor}
# The host in the Supervisor's network, and the port of config.yaml: no other machine reaches it.
page=${PAGE:-172.30.32.1:8099}

option() { jq -r --arg name "$1" '.[$name] // empty | if type == "array" then join(",") else tostring end' "$options"; }
is_on() { [[ $(option "$1") == true ]]; }
fail() { echo "error: $*" >&2; exit 1; }

# The broker that was named, or the one of Home Assistant.
find_broker() {
    KACO_ARDEXA_MQTT=$(option mqtt_url)
    MQTT_USERNAME=$(option mqtt_username)
    MQTT_PASSWORD=$(option mqtt_password)
    if [[ -z $KACO_ARDEXA_MQTT ]]; then
        local service
        service=$(curl -sSf -H "Authorization: Bearer ${SUPERVISOR_TOKEN:-}" "$supervisor/services/mqtt") ||
            fail "Home Assistant knows no MQTT broker: install the add-on Mosquitto broker, or name one in the options"
        service=$(jq -c '.data' <<<"$service")
        KACO_ARDEXA_MQTT=$(jq -r '(if .ssl then "mqtts" else "mqtt" end) + "://\(.host):\(.port)"' <<<"$service")
        MQTT_USERNAME=$(jq -r '.username // empty' <<<"$service")
        MQTT_PASSWORD=$(jq -r '.password // empty' <<<"$service")
    fi
    export KACO_ARDEXA_MQTT MQTT_USERNAME MQTT_PASSWORD
}

# Each family has a folder: two runs never write to one. There is one page: of KACO inverters where there are any.
watch() {
    local family=$1
    shift
    if [[ $family == kaco ]] || ! is_on kaco; then export KACO_ARDEXA_HTTP=$page; fi
    is_on log && export KACO_ARDEXA_DIR=/share/kaco_ardexa/$family
    is_on verbose && set -- -v "$@"
    exec kaco_ardexa "$@"
}

find_broker
KACO_ARDEXA_DEVICE=$(option gateway)
[[ -n $KACO_ARDEXA_DEVICE ]] || KACO_ARDEXA_DEVICE=$(option device)
KACO_ARDEXA_ADDRESSES=$(option addresses)
KACO_ARDEXA_COUNTERS=$(option counters)
KACO_ARDEXA_IP=$(option ip)
KACO_ARDEXA_EVERY=$(option every)
export KACO_ARDEXA_DEVICE KACO_ARDEXA_ADDRESSES KACO_ARDEXA_COUNTERS KACO_ARDEXA_IP KACO_ARDEXA_EVERY

plant=$(option plant)
[[ -n $plant ]] || is_on kaco || is_on kstar || fail "switch on KACO or KSTAR inverters in the options, or name a plant file"
[[ -z $plant || -r $plant ]] || fail "there is no plant file $plant"
[[ -n $plant ]] || ! is_on kaco || [[ -n $KACO_ARDEXA_DEVICE ]] || fail "name the RS485 adapter, or a gateway, in the options"

running=()
# The broker hears that they end.
end() {
    ((${#running[@]} == 0)) || kill "${running[@]}" 2>/dev/null || true
    wait
}
trap end EXIT
trap 'exit 0' TERM INT
if [[ -n $plant ]]; then
    # All inverters are in it.
    watch plant watch --plant "$plant" &
    running+=($!)
elif is_on kaco; then
    watch kaco watch &
    running+=($!)
fi
if [[ -z $plant ]] && is_on kstar; then
    watch kstar kstar watch &
    running+=($!)
fi
# The supervisor starts the add-on anew (option "Watchdog"), so that one does not go missing unseen.
wait -n
