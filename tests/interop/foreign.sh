#!/usr/bin/env bash
# Does khotin read what other programs write? tests/interop/foreign.sh [KHOTIN]
#
# KHOTIN is the program (default target/debug/khotin). The files: those that warcio, FastWARC and wget write
# here, and those that lie in the source packages of warcio and cdxj-indexer on PyPI, which are read from the
# package and kept nowhere else (that of pywb fetches from elsewhere when pip looks at it). Of each file `khotin warc ls --json` must see what warcio
# and FastWARC see: records in order, with offset, type, URI, date and digests. What `khotin warc mend` makes
# of it must pass gzip -t and warcio check, and mending it again must give the same bytes. Prints a line a
# failure and one line of counts; exit 0 only if nothing failed. The packages are kept in target/.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
khotin=${1:-$here/../../target/debug/khotin}
if [ ! -x "$khotin" ]; then
    echo "usage: tests/interop/foreign.sh [KHOTIN], and there is no $khotin" >&2
    exit 2
fi
. "$here/venv.sh" || exit 2
packages=$here/../../target/foreign-packages
sources="warcio==1.8.1 cdxj-indexer==1.5.0"
if [ "$(cat "$packages/sources" 2>/dev/null)" != "$sources" ]; then
    rm -rf "$packages"
    mkdir -p "$packages"
    # shellcheck disable=SC2086
    for source in $sources; do
        if ! "$venv/bin/pip" download --quiet --disable-pip-version-check --no-deps --no-binary :all: \
            --dest "$packages" "$source"; then
            echo "cannot get the source package of $source with pip" >&2
            exit 2
        fi
    done
    echo "$sources" >"$packages/sources"
fi
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
"$venv/bin/python" "$here/foreign.py" compare "$khotin" "$packages" "$work/files"
