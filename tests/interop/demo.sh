#!/usr/bin/env bash
# Programs that we did not write read what we wrote: tests/interop/demo.sh KHOTIN
#
# Lets KHOTIN (the built program) serve and crawl a small demo ministry in a folder of its own, then runs
# run.sh over its archive, workbook.sh over its export and wget.sh over some of its pages. Exit 0 only if all agree.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
khotin=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
scratch=$(mktemp -d)
cd "$scratch"
"$khotin" demo --serve --articles 60 >serve.log &
server=$!
trap 'kill "$server" 2>/dev/null || true; rm -rf "$scratch"' EXIT
for _ in $(seq 100); do
    address=$(sed -n 's|.*http://\(127\.0\.0\.1:[0-9]*\).*|\1|p' serve.log)
    [ -n "$address" ] && [ -f khotin-demo/config.toml ] && break
    sleep 0.1
done
cd khotin-demo
"$khotin" crawl
"$khotin" export
"$here/run.sh" output/archive
"$here/workbook.sh" output/exports/latest
mapfile -t urls < <(sed -n 's/.*"request_url":"\(http:[^"]*asset_publisher[^"]*\)".*/\1/p' \
    output/exports/latest/articles.jsonl | sort -u | head -n 20)
"$here/wget.sh" output/archive "$address" "${urls[@]}"
