#!/usr/bin/env bash
# Builds the Debian package: contrib/deb/build.sh [--no-build]
#
# Needs cargo-deb, libssl-dev and pkg-config. Makes the settings, manual pages and completions into
# target/deb (Cargo.toml names what goes where) and the package into target/debian, and prints its path.
# --no-build takes the program that stands in target/release already.
set -euo pipefail
cd "$(dirname "$0")/../.."
case ${1-} in
    --no-build) ;;
    "") cargo build --locked --release --features system-tls ;;
    *) echo "usage: contrib/deb/build.sh [--no-build]" >&2; exit 2 ;;
esac
made=target/deb
rm -rf "$made"
mkdir -p "$made/man"
# The reference, with the folders of a system.
sed -e 's|^output = "output"$|output = "/var/lib/khotin"|' -e 's|^sites = "sites"$|sites = "/etc/khotin/sites"|' \
    config.toml >"$made/config.toml"
for path in /var/lib/khotin /etc/khotin/sites; do
    grep -q "= \"$path\"$" "$made/config.toml" || { echo "config.toml has no line for $path" >&2; exit 1; }
done
target/release/khotin man --out "$made/man" >/dev/null
for shell in bash zsh fish; do
    target/release/khotin completions "$shell" >"$made/khotin.$shell"
done
# The date in the package is that of the commit, so that the same commit gives the same package.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH
# The system packer is faster than that of cargo-deb.
cargo deb --locked --no-build --compress-system
