#!/usr/bin/env bash
# Do other tools read our WARC files? tests/interop/run.sh DIR
#
# DIR is an archive folder of closed files. Each file goes through gzip -t, warcio check, fastwarc check
# and cdxj-indexer --post-append, whose index must be ours to the byte; SHA256SUMS goes through sha256sum -c. The tools
# are installed once into target/interop-venv. Prints a line per failure and one line of counts; exit 0
# only if nothing failed and there was something to check.
set -uo pipefail
if [ $# -ne 1 ] || [ ! -d "$1" ]; then
    echo "usage: tests/interop/run.sh DIR (an archive folder with .warc.gz files)" >&2
    exit 2
fi
archive=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
. "$here/venv.sh" || exit 2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
passed=0
failed=0

# check WHAT COMMAND…: counts, and on failure shows what the command said.
check() {
    local what=$1
    shift
    if "$@" >"$log" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED $what"
        sed 's/^/    /' "$log" | head -n 20
    fi
}

# warcio tells of records that are not whole, but ends with 0: any word from it is a failure.
warcio_check() {
    local said
    said=$("$venv/bin/warcio" check "$1" 2>&1) && [ -z "$said" ] || { echo "$said"; return 1; }
}

same_index() {
    "$venv/bin/cdxj-indexer" --post-append --sort "$1" 2>/dev/null | diff - "${1%.warc.gz}.cdxj"
}

shopt -s nullglob
for file in "$archive"/*.warc.gz; do
    name=${file##*/}
    check "gzip -t $name" gzip -t "$file"
    check "warcio check $name" warcio_check "$file"
    # Block digests only: warcio has checked the payloads, and --verify-payloads looks for the payload of
    # a revisit in the revisit itself.
    check "fastwarc check $name" "$venv/bin/fastwarc" check --quiet "$file"
    check "cdxj-indexer $name" same_index "$file"
done
if [ -e "$archive/SHA256SUMS" ]; then
    check "sha256sum -c SHA256SUMS" bash -c 'cd "$1" && sha256sum --check --strict --quiet SHA256SUMS' - "$archive"
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
