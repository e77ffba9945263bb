#!/usr/bin/env bash
# Does pywb replay every capture of ours? tests/interop/pywb.sh
#
# Two archives are made: one with every kind of capture (kinds.rs), and a demo ministry crawled twice with an
# editor between, so that there are revisits. pywb (installed once into target/pywb-venv) serves both on
# 127.0.0.1, and replayed.py asks it for every capture: status and bytes must be those of the WARC files.
# Prints the counts by kind; exit 0 only if every capture was equal. About half a minute, once pywb is there.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
khotin=${KHOTIN:-$root/target/debug/khotin}
if [ ! -x "$khotin" ]; then
    echo "no $khotin: run cargo build first, or name one with KHOTIN" >&2
    exit 2
fi
venv_name=pywb-venv tools="pywb==2.10.0 cdxj-indexer==1.5.0"
. "$here/venv.sh" || exit 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$root" && cargo run --quiet --example kinds -- "$work/kinds") || exit 2
"$khotin" demo "$work/demo" --articles 60 --edit >/dev/null || exit 2
"$venv/bin/python" "$here/replayed.py" "$work/kinds" "$work/demo/output/archive"
