#!/usr/bin/env bash
# Fuzzes every target, or those named, for MINUTES each (default 20): fuzz/run.sh [MINUTES] [TARGET…]
# Needs a nightly compiler and cargo-fuzz (`cargo install cargo-fuzz`). Ends with one line a target:
# its executions, and the file of an input that fell, if any. No sanitizer: khotin has no unsafe code, so
# what can fall is a panic, an overflow (checked here), a hang (20 s) or memory (2 GB).
set -uo pipefail
cd "$(dirname "$0")"
minutes=${1:-20}
shift || true
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
    targets=(read_moh read_ncov read_demo cut json warc_reader foreign recovery cdxj dates robots identity config)
fi
cargo +nightly run --quiet --example seed || exit 1
mkdir -p logs
failed=0
for target in "${targets[@]}"; do
    cargo +nightly fuzz run --fuzz-dir . --sanitizer none "$target" -- -max_total_time=$((minutes * 60)) -timeout=20 \
        -rss_limit_mb=2048 -max_len=200000 -print_final_stats=1 >"logs/$target" 2>&1
    status=$?
    [ $status -eq 0 ] || failed=1
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "logs/$target")
    echo "$target: ${runs:-?} executions in $minutes min, exit $status$(grep -o 'artifacts/.*' "logs/$target" | head -1 | sed 's/^/, /')"
done
exit $failed
