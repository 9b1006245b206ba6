#!/usr/bin/env bash
# A user for a plant: plant.sh DIRECTORY NAME [PREFIX]. Prints its password, and its options. The prefix is plants/NAME unless
# another one is said. Then `fleet.sh DIRECTORY reload`, with the same users.conf on each machine.
set -euo pipefail

directory=$1 name=$2
prefix=${3:-plants/$2}
if [[ ! $name =~ ^[A-Za-z0-9_-]+$ || ! $prefix =~ ^[A-Za-z0-9_/-]+$ ]]; then
    echo "a plant is named with letters, digits, - and _" >&2
    exit 2
fi
users=$directory/users.conf
if grep -q "user: \"$name\"" "$users"; then
    echo "there is a plant $name already" >&2
    exit 1
fi
password=$(head -c 18 /dev/urandom | base64 | tr '+/' 'xy')
# QoS 1 needs nothing more: its answers are the server's own. A topic a/b is the subject a.b.
line="            { user: \"$name\", password: \"$password\", permissions: { publish: [\"${prefix//\//.}.>\"], subscribe: { deny: [\">\"] } } }"
umask 077
awk -v line="$line" '{ print } /# plants$/ { print line }' "$users" >"$users.new"
mv "$users.new" "$users"
echo "password: $password"
echo "options: --mqtt mqtts://$name@HOST --mqtt-prefix $prefix --mqtt-qos 1 --no-discovery"
