#!/usr/bin/env bash
# Are our payloads those of another archiver? tests/interop/wget.sh URL DIR
#
# Fetches URL, which must be on 127.0.0.1, with wget --warc-file and compares its payload digest with that
# of our newest whole capture of the same URL in the archive folder DIR. wget asks for gzip as khotin
# does, since we store what the server sends. Prints one line of counts; exit 0 only if they are equal.
set -uo pipefail
if [ $# -ne 2 ] || [ ! -d "$2" ]; then
    echo "usage: tests/interop/wget.sh http://127.0.0.1:PORT/PATH DIR" >&2
    exit 2
fi
case $1 in
    http://127.0.0.1[:/]*) ;;
    *) echo "only pages of 127.0.0.1 are fetched, not $1" >&2; exit 2 ;;
esac
here=$(cd "$(dirname "$0")" && pwd)
. "$here/venv.sh" || exit 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
wget --quiet --tries=1 --timeout=20 --header='Accept-Encoding: gzip' --output-document="$work/body" \
    --warc-file="$work/wget" --warc-tempdir="$work" "$1" || echo "wget ended with $? for $1"
"$venv/bin/python" "$here/same_payloads.py" "$work/wget.warc.gz" "$2"
