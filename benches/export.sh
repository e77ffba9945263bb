#!/usr/bin/env bash
# Peak memory of an export by the number of articles: benches/export.sh [--formats LIST]… [--sizes LIST]
#
# --formats csv,jsonl   formats of one export; may be given more than once [default: csv,jsonl]
# --sizes 1000,100000   numbers of articles [default: 10000,100000,1000000]
# --dir DIR             where to write; 1,000,000 articles as csv,jsonl take about 10 GB there for a while
# --build-only          only build
#
# Each size and list of formats is a process of its own (benches/export.rs), and what it wrote is removed
# before the next. Prints a row of docs/performance.md for each. Needs Rust and Linux's /proc.
set -euo pipefail
cd "$(dirname "$0")/.."
formats=() sizes=10000,100000,1000000 dir= build_only=
while [ $# -gt 0 ]; do
    case $1 in
        --formats) formats+=("$2"); shift 2 ;;
        --sizes) sizes=$2; shift 2 ;;
        --dir) dir=$2; shift 2 ;;
        --build-only) build_only=1; shift ;;
        *) sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
    esac
done
[ ${#formats[@]} -gt 0 ] || formats=(csv,jsonl)
program=$(cargo bench --locked --bench export --no-run --message-format=json |
    sed -n 's/.*"executable":"\([^"]*\/export-[^"]*\)".*/\1/p' | tail -n 1)
[ -x "$program" ] || { echo "the bench was not built" >&2; exit 1; }
[ -z "$build_only" ] || exit 0
scratch=$(mktemp -d ${dir:+-p "$dir"})
trap 'rm -rf "$scratch"' EXIT

echo "| formats | articles | seconds | articles/s | GB written | peak MiB |"
echo "|---|---:|---:|---:|---:|---:|"
for list in "${formats[@]}"; do
    for size in ${sizes//,/ }; do
        "$program" "$size" "$list" "$scratch/exports" >"$scratch/line"
        awk '{ printf "| %s | %d | %.1f | %d | %.2f | %.1f |\n", $2, $1, $3, $1 / ($3 > 0 ? $3 : 0.1), $4 / 1e9, $5 / 1024 }' \
            "$scratch/line"
        rm -rf "$scratch/exports"
    done
done
