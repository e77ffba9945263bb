#!/usr/bin/env bash
# Does khotin read what other programs write? tests/interop/foreign.sh [KHOTIN]
#
# KHOTIN is the program (default target/debug/khotin). The files are written here by warcio (WARC 1.0 and 1.1,
# plain and gzip), by FastWARC (plain, gzip, zstd, zstd with a dictionary, packed and not) and by wget (plain
# and gzip) from a server on 127.0.0.1. Of each file `khotin warc ls --json` must see what warcio and FastWARC
# see: records in order, with offset, length, type, URI, date, digests and bytes. What `khotin warc mend` makes
# of it must pass gzip -t and warcio check, and mending it again must give the same bytes. Prints a line a
# file, a line a failure and one line of counts; exit 0 only if nothing failed.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
khotin=${1:-$here/../../target/debug/khotin}
if [ ! -x "$khotin" ]; then
    echo "usage: tests/interop/foreign.sh [KHOTIN], and there is no $khotin" >&2
    exit 2
fi
. "$here/venv.sh" || exit 2
work=$(mktemp -d)
server=
trap 'if [ -n "$server" ]; then kill "$server"; fi; rm -rf "$work"' EXIT

mkdir "$work/site" "$work/files"
printf '<html><body>Bộ Y tế</body></html>' >"$work/site/index.html"
head -c 200000 /dev/zero | tr '\0' 'x' >"$work/site/long.txt"
"$venv/bin/python" "$here/foreign.py" serve "$work/site" "$work/port" &
server=$!
for _ in $(seq 100); do
    [ -s "$work/port" ] && break
    sleep 0.1
done
port=$(cat "$work/port")
for packing in "" "--no-warc-compression"; do
    # shellcheck disable=SC2086
    wget --quiet --tries=1 --timeout=20 --no-proxy --output-document="$work/body" --warc-tempdir="$work" $packing \
        --warc-file="$work/files/wget$packing" "http://127.0.0.1:$port/" "http://127.0.0.1:$port/long.txt" \
        "http://127.0.0.1:$port/none" "http://127.0.0.1:$port/chunked"
done
"$venv/bin/python" "$here/foreign.py" compare "$khotin" "$work/files"
