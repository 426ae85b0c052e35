#!/usr/bin/env bash
# Reads the message files named on standard input, one a line, with somebody else's reader, and prints one
# JSON object for each: extract-msg (PyPI), Apache POI (libapache-poi-java and a JDK) or msgconvert
# (libemail-outlook-message-perl, libemail-address-perl). What a reader needs is made below target/ once.
#
# usage: read.sh extract-msg|poi|msgconvert < list      read.sh prepare
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
made="${MAPI_ORACLES:-$here/../../../target/oracles}"
mkdir -p "$made"
made="$(cd "$made" && pwd)"
jars="$(ls /usr/share/java/{poi,poi-scratchpad}.jar /usr/share/java/commons-{codec,collections4,compress,math3}.jar \
  2>/dev/null | tr '\n' ':' || true)"

# Python's packages, of the versions that are pinned, in an environment of their own.
prepare_extract_msg() {
  if ! cmp -s "$here/requirements.txt" "$made/venv/made-of"; then
    rm -rf "$made/venv"
    python3 -m venv "$made/venv"
    "$made/venv/bin/pip" --quiet --disable-pip-version-check install --requirement "$here/requirements.txt"
    cp "$here/requirements.txt" "$made/venv/made-of"
  fi
}

prepare_poi() {
  if [ ! "$made/classes/ReadMsg.class" -nt "$here/ReadMsg.java" ]; then
    javac -cp "$jars" -d "$made/classes" "$here/ReadMsg.java"
  fi
}

(
  flock 9
  case "$1" in
    extract-msg) prepare_extract_msg ;;
    poi) prepare_poi ;;
    prepare) prepare_extract_msg; prepare_poi ;;
  esac
) 9>"$made/lock" >&2

case "$1" in
  extract-msg) exec "$made/venv/bin/python" "$here/extract_msg_all.py" ;;
  poi) exec java -Xmx1g -cp "$made/classes:$jars" ReadMsg ;;
  msgconvert) exec perl "$here/read_msg.pl" ;;
  prepare) ;;
  *) echo "usage: read.sh extract-msg|poi|msgconvert|prepare" >&2; exit 64 ;;
esac
