#!/usr/bin/env bash
# Are our payloads those of another archiver? tests/interop/wget.sh DIR 127.0.0.1:PORT URL…
#
# Fetches each URL with wget --warc-file from the server at that address on this machine and compares its
# payload digest with that of our newest whole capture of the same URL in the archive folder DIR. The
# server is asked as an HTTP proxy, so that no name is looked up. wget asks for gzip as khotin does, since
# we store what the server sends. Prints one line of counts; exit 0 only if all are equal.
set -uo pipefail
if [ $# -lt 3 ] || [ ! -d "$1" ]; then
    echo "usage: tests/interop/wget.sh DIR 127.0.0.1:PORT URL…" >&2
    exit 2
fi
dir=$1 address=$2
shift 2
case $address in
    127.0.0.1:[0-9]*) ;;
    *) echo "only a server on 127.0.0.1 is asked, not $address" >&2; exit 2 ;;
esac
here=$(cd "$(dirname "$0")" && pwd)
. "$here/venv.sh" || exit 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for url in "$@"; do
    case $url in
        http://*) ;;
        *) echo "only http URLs go through the server on this machine, not $url" >&2; exit 2 ;;
    esac
done
http_proxy="http://$address" no_proxy="" wget --quiet --tries=1 --timeout=20 \
    --header='Accept-Encoding: gzip' --output-document="$work/body" \
    --warc-file="$work/wget" --warc-tempdir="$work" "$@" || echo "wget ended with $?"
"$venv/bin/python" "$here/same_payloads.py" "$work/wget.warc.gz" "$dir"
