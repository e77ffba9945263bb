#!/usr/bin/env bash
# khotin beside other crawlers, on this machine only: CPU of a page, memory and wall time, all clients in turn
# against one demo ministry. docs/performance.md tells what comes out.
#
# Usage: benches/peers.sh [--articles N] [--turns N] [--build-only]
#
# Peers: benches/naive.rs and lean.rs; the spider crate (benches/peers/spider, a project of its own); Scrapy,
# aiohttp with selectolax and warcio (pinned, from PyPI, kept in target/); wget of the system. A peer that can
# not be built or is not there is left out, with a word. All run where the only network is this machine's own
# (a network namespace with loopback alone): what would ask anybody else fails. Needs Rust, Python 3.11 and,
# when something is not there yet, crates.io and PyPI.
set -euo pipefail
cd "$(dirname "$0")/.."
program() { # the executable of a bench
    cargo bench --locked --quiet --bench "$1" --no-run --message-format=json |
        sed -n "s/.*\"executable\":\"\([^\"]*\/$1-[^\"]*\)\".*/\1/p" | tail -n 1
}
peers=(--naive "$(program naive)" --lean "$(program lean)")
cargo build --locked --quiet --release --bin khotin
if CARGO_TARGET_DIR=target/peers cargo build --locked --quiet --release --manifest-path benches/peers/spider/Cargo.toml; then
    peers+=(--spider target/peers/release/spider-peer)
else
    echo "spider can not be built: left out" >&2
fi
here=tests/interop venv_name=peers-venv
tools="Scrapy==2.19.0 aiohttp==3.14.5 selectolax==1.0.2 warcio==1.8.1"
if . tests/interop/venv.sh; then
    peers+=(--python "$venv/bin/python")
else
    echo "no Python peers: left out" >&2
fi
if command -v wget >/dev/null; then peers+=(--wget wget); else echo "no wget: left out" >&2; fi
arguments=()
for argument in "$@"; do
    [ "$argument" = --build-only ] && exit 0
    arguments+=("$argument")
done
alone=(unshare --net)
[ "$(id -u)" = 0 ] || alone+=(--map-root-user)
if ! "${alone[@]}" ip link set lo up 2>/dev/null; then
    echo "no network namespace here: that nobody else is asked is not checked" >&2
    exec python3 benches/peers.py --khotin target/release/khotin "${peers[@]}" "${arguments[@]}"
fi
exec "${alone[@]}" sh -c 'ip link set lo up && exec "$@"' sh \
    python3 benches/peers.py --khotin target/release/khotin "${peers[@]}" "${arguments[@]}"
