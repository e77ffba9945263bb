#!/bin/sh
# Cuts the power so many times (default 500), at every kind of write, each time on a fresh copy of what the
# disk would keep; the program must go on and end like a crawl that was left alone (tests/disk/power.rs).
# Linux, needs a C compiler. About one second a cut on an idle machine with two cores.
set -eu
cd "$(dirname "$0")/../.."
KHOTIN_POWER_CUTS="${1:-500}"
export KHOTIN_POWER_CUTS
exec cargo test --test disk -- --nocapture power::
