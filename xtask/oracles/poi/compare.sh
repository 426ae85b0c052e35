#!/usr/bin/env bash
# Reads the .msg files of MAPI_CORPUS with Apache POI (without bodies) and with OpenMAPI (with all bodies
# decoded), in turn, and prints the median ratio. Needs Debian's libapache-poi-java and a JDK.
set -euo pipefail
cd "$(dirname "$0")/../../.."
jars="$(ls /usr/share/java/{poi,poi-scratchpad,commons-*}.jar 2>/dev/null | tr '\n' ':')"
cargo build --quiet --release -p mapi-msg --example read_all
pairs="${1:-5}"
for _ in $(seq "$pairs"); do
  # The last of eight rounds: a virtual machine that has warmed up.
  java -cp "$jars" xtask/oracles/poi/ReadAll.java "$MAPI_CORPUS/msg" 8 | tail -n 1
  target/release/examples/read_all "$MAPI_CORPUS/msg" 8 | tail -n 1
done | tee /dev/stderr | awk '
  /^poi/ { poi = $(NF - 1) }
  /^openmapi/ { print poi / $(NF - 1) }' | sort -n | awk '
  { ratio[NR] = $1 }
  END { print "figure: Apache POI takes " ratio[int((NR + 1) / 2)] " times as long (median of " NR " pairs)" }'
