#!/bin/sh
# Fills small disks with two programs at once and opens the store again and again. No program may end by a
# signal, every answer is documented, reading works, and the store stays sound.
#
# Needs root for loop mounts. From the repository: crates/mapi-store/tests/full_disk.sh [SIZES in KiB ...]
set -eu

cargo build --quiet -p mapi-store --examples
examples=$(pwd)/target/debug/examples
sizes=${*:-3200 3500 4000 4500 5000}
work=$(mktemp -d)
trap 'umount "$work/disk" 2>/dev/null || true; rm -rf "$work"' EXIT
mkdir "$work/disk"
runs=0
failures=0

# Runs a program; a signal or a failing assertion is a failure.
guarded() {
    status=0
    "$@" >"$work/output.$$" 2>&1 || status=$?
    runs=$((runs + 1))
    if [ "$status" -ne 0 ]; then
        failures=$((failures + 1))
        echo "status $status: $*"
        head -3 "$work/output.$$"
    fi
}

both() {
    "$examples/write_until_full" "$store" >"$work/one" 2>&1 &
    one=$!
    "$examples/write_until_full" "$store" >"$work/two" 2>&1 &
    two=$!
    for program in "$one:$work/one" "$two:$work/two"; do
        status=0
        wait "${program%%:*}" || status=$?
        runs=$((runs + 1))
        if [ "$status" -ne 0 ]; then
            failures=$((failures + 1))
            echo "$kind of $size KiB: status $status"
            head -3 "${program#*:}"
        fi
    done
}

disk() {
    case $kind in
    tmpfs) mount -t tmpfs -o "size=${size}k" tmpfs "$work/disk" ;;
    ext4-*)
        rm -f "$work/image"
        truncate -s "${size}K" "$work/image"
        mkfs.ext4 -q -m 0 -b "${kind#ext4-}" -O ^has_journal "$work/image"
        mount -o loop "$work/image" "$work/disk"
        ;;
    esac
}

for kind in ext4-1024 ext4-4096 tmpfs; do
    for size in $sizes; do
        disk
        store=$work/disk/mail.store
        guarded "$examples/create_store" "$store"
        # What is left is taken by somebody else, so that not even the log's index has room.
        both
        dd if=/dev/zero of="$work/disk/other" bs=1024 2>/dev/null || true
        both
        both
        guarded "$examples/check_store" "$store"
        if [ "$kind" != tmpfs ]; then
            mount -o remount,ro "$work/disk"
            guarded "$examples/write_until_full" "$store"
            guarded "$examples/check_store" "$store"
        fi
        umount "$work/disk"
    done
done
echo "$runs runs, $failures failures"
[ "$failures" -eq 0 ]
