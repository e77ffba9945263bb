#!/usr/bin/env bash
# The metrics of the nightly job are read by the parser of Prometheus' own Python client:
# tests/interop/metrics.sh KHOTIN
#
# Lets KHOTIN (the built program) do a good night and one that is refused (a second start beside a lock) over
# a demo ministry, and has both files read. Exit 0 only if all families are gauges with a help text, no
# sample has a time, and exit code and last success are as they should be.
set -euo pipefail
khotin=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
here=$(cd "$(dirname "$0")" && pwd)
venv_name=interop-metrics-venv tools="prometheus_client==0.23.1"
. "$here/venv.sh"
scratch=$(mktemp -d)
cd "$scratch"
"$khotin" demo --serve --articles 60 >serve.log &
server=$!
trap 'kill "$server" 2>/dev/null || true; rm -rf "$scratch"' EXIT
for _ in $(seq 100); do
    grep -q '127\.0\.0\.1' serve.log && [ -f khotin-demo/config.toml ] && break
    sleep 0.1
done
cd khotin-demo
printf '\n[nightly]\nmetrics = "khotin.prom"\n' >>config.toml
"$khotin" nightly 2>log.jsonl
cp khotin.prom good.prom
code=0
flock output/khotin-nightly.lock "$khotin" nightly 2>>log.jsonl || code=$?
[ "$code" = 75 ] || { echo "a night beside another ended with $code, not 75" >&2; exit 1; }
"$venv/bin/python" - good.prom khotin.prom <<'PYTHON'
import sys
from prometheus_client.parser import text_string_to_metric_families

def read(name):
    values = {}
    with open(name, encoding="utf-8") as file:
        for family in text_string_to_metric_families(file.read()):
            assert family.type == "gauge", (name, family)
            assert family.documentation, (name, family)
            assert family.samples, (name, family)
            for sample in family.samples:
                assert sample.timestamp is None, (name, sample)
                key = (sample.name, tuple(sorted(sample.labels.items())))
                assert key not in values, (name, key)
                values[key] = sample.value
    return values

good, refused = map(read, sys.argv[1:])
plain = lambda values, name: values[(name, ())]
assert plain(good, "khotin_nightly_exit_code") == 0
assert plain(refused, "khotin_nightly_exit_code") == 75
success = "khotin_nightly_last_success_timestamp_seconds"
assert plain(good, success) == plain(refused, success) > 1.6e9
for name in ("khotin_nightly_pages", "khotin_section_newest_age_seconds", "khotin_nightly_drift_signs"):
    assert any(key[0] == name for key in good), name
print(f"prometheus_client reads {len(good)} and {len(refused)} samples")
PYTHON
