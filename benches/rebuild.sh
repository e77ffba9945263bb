#!/usr/bin/env bash
# `khotin rebuild` beside FastWARC + resiliparse, and FastWARC reading and warcio writing alone, in turn over
# one archive of a demo ministry with pages of 94 KB, on this machine only. docs/performance.md tells what
# comes out.
#
# Usage: benches/rebuild.sh [--articles N]… [--turns N]
# Needs Rust, Python 3 and, once, PyPI. Two release builds are made first.
set -euo pipefail
here=$(cd "$(dirname "$0")/../tests/interop" && pwd)
cd "$(dirname "$0")/.."
venv_name=bench-rebuild-venv
tools="FastWARC==2.0.1 Resiliparse==2.0.1 warcio==1.8.1"
. "$here/venv.sh"
warc=$(cargo bench --locked --quiet --bench warc --no-run --message-format=json |
    python3 -c 'import json, sys
for line in sys.stdin:
    part = json.loads(line)
    if part.get("executable") and part["target"]["name"] == "warc":
        print(part["executable"])')
# Second, so that this is the program without what benches need.
cargo build --locked --quiet --release --bin khotin
exec python3 benches/rebuild.py --khotin target/release/khotin --warc "$warc" --python "$venv/bin/python" "$@"
