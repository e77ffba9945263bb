#!/usr/bin/env bash
# What do the programs of others say of our archive? tests/interop/validators.sh [PAGE]
#
# Makes a demo ministry crawled twice and an archive with every kind of capture, packs them (`khotin wacz`, `khotin
# bag`), lets every program of validators.py look, and writes the table of docs/archive.md (or PAGE) anew from their
# answers. The programs are fetched once into target/; node and Chromium are needed. Exit 0 only if all agree. About
# a minute, once the programs are there.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
khotin=${KHOTIN:-$root/target/debug/khotin}
if [ ! -x "$khotin" ]; then
    echo "no $khotin: run cargo build first, or name one with KHOTIN" >&2
    exit 2
fi
if ! command -v node >/dev/null || [ ! -x "${CHROMIUM:-/usr/bin/chromium}" ]; then
    echo "node and ${CHROMIUM:-/usr/bin/chromium} are needed" >&2
    exit 2
fi
venv_name=validators-venv
tools="warcio==1.8.1 FastWARC==2.0.1 Warcat==2.2.5 cdxj-indexer==1.5.0 pywb==2.10.0 wacz==0.6.0 bagit==1.9.0"
. "$here/venv.sh" || exit 2
node_name=replayweb-tools packages="replaywebpage@2.4.6 playwright-core@1.65.1"
. "$here/node.sh" || exit 2
page=$(realpath "${1:-$root/docs/archive.md}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$root" && cargo run --quiet --example kinds -- "$work/kinds") || exit 2
"$khotin" demo "$work/demo" --articles 60 --edit --assets images >/dev/null || exit 2
(cd "$work/demo" && "$khotin" wacz "$work/a.wacz" && "$khotin" bag "$work/bag") || exit 2
"$venv/bin/python" "$here/validators.py" "$work" "$node_tools" "$page"
