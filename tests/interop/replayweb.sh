#!/usr/bin/env bash
# Does a browser show our articles out of a WACZ? tests/interop/replayweb.sh [OUT]
#
# A demo ministry is crawled twice and packed by `khotin wacz`; `wacz validate` reads the package, and
# ReplayWeb.page in headless Chromium (apt-get install chromium; CHROMIUM names another) replays articles of both
# platforms: replayweb.mjs looks for their text, and leaves pictures in OUT [target/replayweb]. Nothing but
# 127.0.0.1 can be reached. About half a minute, once the tools are there.
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
venv_name=wacz-venv tools="wacz==0.6.0"
. "$here/venv.sh" || exit 2
node_name=replayweb-tools packages="replaywebpage@2.4.6 playwright-core@1.65.1"
. "$here/node.sh" || exit 2
out=${1:-$root/target/replayweb}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$khotin" demo "$work/demo" --articles 30 --edit --assets images >/dev/null || exit 2
(cd "$work/demo" && "$khotin" wacz "$work/a.wacz") || exit 2
"$venv/bin/wacz" validate -f "$work/a.wacz" || exit 1
"$venv/bin/python" -c 'import sys, zipfile; sys.stdout.buffer.write(zipfile.ZipFile(sys.argv[1]).read("pages/pages.jsonl"))' \
    "$work/a.wacz" >"$work/pages.jsonl" || exit 2
node "$here/replayweb.mjs" "$node_tools" "$work/a.wacz" "$work/pages.jsonl" \
    "$work/demo/output/exports/latest/articles.jsonl" "$out"
