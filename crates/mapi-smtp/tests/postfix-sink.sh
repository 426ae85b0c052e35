#!/bin/sh
# Sends messages to smtp-sink, Postfix's test server, on loopback, and compares what arrives.
# Usage: postfix-sink.sh [COUNT]; SMTP_SINK names the program where it is not on the path.
set -eu
count=${1:-1000}
sink=${SMTP_SINK:-smtp-sink}
port=${SMTP_SINK_PORT:-25251}
folder=$(mktemp -d)
"$sink" -u "$(id -un)" -R "$folder" -d "mail." "127.0.0.1:$port" 100 &
process=$!
trap 'kill "$process" 2>/dev/null || true; rm -rf "$folder"' EXIT
cargo run -q -p mapi-smtp --example send_many -- 127.0.0.1 "$port" "$count" "$folder"
