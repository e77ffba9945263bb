#!/bin/sh
# Kills crawls of the demo ministry (SIGKILL) at random instants, 500 times or as often as said, and
# checks after every restart and every pass what tests/kill/main.rs says. Prints figures after every
# round of 25; the last line counts. Needs only this machine: everything is on 127.0.0.1.
#
#   tests/reliability/kill.sh [KILLS]
#
# A round that fails prints its seed; KHOTIN_KILL_SEED=SEED tests/reliability/kill.sh 25 repeats it.
set -eu
cd "$(dirname "$0")/../.."
KHOTIN_KILLS="${1:-500}" exec cargo test --test kill -- --nocapture
