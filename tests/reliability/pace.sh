#!/bin/sh
# The pace, measured in real time by the demo ministry's own log: 1000 requests 200 ms apart (about 6
# minutes) and 300 requests 2 s apart (about 12 minutes), over sections, redirects, refusals with
# Retry-After, robots.txt, kills and restarts. Never two requests closer than the gap, neither to the
# request before nor to its first byte; never two connections; at least 97 % of the rate that
# gap, mean jitter and time to first byte leave. Prints one line of figures for each pace.
#
#   tests/reliability/pace.sh            both
#   tests/reliability/pace.sh 200 1000   one: milliseconds, requests
set -eu
cd "$(dirname "$0")/../.."

measure() {
    KHOTIN_PACE_GAP_MS=$1 KHOTIN_PACE_REQUESTS=$2 KHOTIN_PACE_KILLS=$3 KHOTIN_PACE_RATE_PERCENT=97 \
        cargo test --quiet --test politeness measured:: -- --nocapture
}

if [ $# -ge 2 ]; then
    measure "$1" "$2" "${3:-10}"
else
    measure 200 1000 20
    measure 2000 300 10
fi
