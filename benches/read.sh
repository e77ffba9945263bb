#!/usr/bin/env bash
# Reading one page, on one core: khotin's ways of benches/read.rs and selectolax take turns over the
# same pages. docs/performance.md tells what comes out. Takes about a minute; nothing is asked of any
# host.
#
# Usage: benches/read.sh [--rounds N]
set -euo pipefail
cd "$(dirname "$0")/.."
here=tests/interop
venv_name="bench-venv"
tools="selectolax==1.0.2"
# shellcheck source=tests/interop/venv.sh
. tests/interop/venv.sh
bench=$(cargo bench --locked --quiet --bench read --no-run --message-format=json |
    python3 -c 'import json, sys
for line in sys.stdin:
    part = json.loads(line)
    if part.get("executable") and part["target"]["name"] == "read":
        print(part["executable"])')
exec "$venv/bin/python" benches/read.py --bench "$bench" "$@"
