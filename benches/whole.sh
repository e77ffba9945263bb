#!/usr/bin/env bash
# The whole way of khotin beside a naive reqwest + scraper loop, on this machine only: CPU per page,
# wall time and memory, in turn against one demo ministry. docs/performance.md tells what comes out.
#
# Usage: benches/whole.sh [--articles N] [--pairs N]
set -euo pipefail
cd "$(dirname "$0")/.."
naive=$(cargo bench --locked --quiet --bench naive --no-run --message-format=json |
    python3 -c 'import json, sys
for line in sys.stdin:
    part = json.loads(line)
    if part.get("executable") and part["target"]["name"] == "naive":
        print(part["executable"])')
# Second, so that this is the program without what benches need.
cargo build --locked --quiet --release --bin khotin
exec python3 benches/whole.py --khotin target/release/khotin --naive "$naive" "$@"
