#!/usr/bin/env bash
# A ministry with old TLS can be crawled through the system's OpenSSL, and what is missing is said:
# tests/interop/old-tls.sh [KHOTIN KHOTIN_WITH_SYSTEM_TLS]
#
# Needs openssl and python3, and for the build libssl-dev and pkg-config. Builds khotin twice if it is not
# given (debug, in the usual target folder), with and without the feature `system-tls`, and lets both
# crawl a demo ministry behind a server that has a DH key of 1024 bits and nothing else, then one of TLS
# 1.0 and one of TLS 1.1. Nothing leaves 127.0.0.1. Exit 0 only if every step ends as it should.
set -euo pipefail
cd "$(dirname "$0")/../.."
repo=$PWD
scratch=$(mktemp -d)
children=()
trap 'kill "${children[@]}" 2>/dev/null || true; rm -rf "$scratch"' EXIT

step() { printf '\n== %s\n' "$1"; }
fail() { printf 'FAILED: %s\n' "$1" >&2; exit 1; }
# Runs a command in $scratch/crawl, keeps its output, and wants this exit code.
expect() {
    local wanted=$1 code=0
    shift
    (cd "$scratch/crawl" && "$@") >"$scratch/out" 2>&1 || code=$?
    [ "$code" -eq "$wanted" ] || { cat "$scratch/out"; fail "exit code $code, not $wanted, of: $*"; }
}
report() { cat "$scratch"/crawl/output/reports/*.json >"$scratch/out"; }
says() { grep -qF -- "$1" "$scratch/out" || { cat "$scratch/out"; fail "nothing says: $1"; }; }

if [ $# -eq 2 ]; then
    cp "$1" "$scratch/khotin"
    cp "$2" "$scratch/khotin-system"
else
    step "build, with the feature and without"
    cargo build --locked --features system-tls
    cp target/debug/khotin "$scratch/khotin-system"
    cargo build --locked
    cp target/debug/khotin "$scratch/khotin"
fi

step "the usual build has no OpenSSL"
if cargo tree --locked -e normal | grep -E ' (openssl|openssl-sys|native-tls) v'; then
    fail "OpenSSL is in the tree"
fi
if ldd "$scratch/khotin" | grep -E 'libssl|libcrypto'; then fail "OpenSSL is linked"; fi
ldd "$scratch/khotin-system" | grep -q libssl || fail "the feature does not link OpenSSL"

step "certificates, a DH key of 1024 bits"
(
    cd "$scratch"
    exec 2>openssl.log
    openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 30 \
        -subj "/CN=Khotin Old TLS Root" -addext "basicConstraints=critical,CA:TRUE"
    openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj "/CN=demo.khotin.test"
    printf 'subjectAltName=DNS:demo.khotin.test\nbasicConstraints=CA:FALSE\n' >server.ext
    openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 \
        -extfile server.ext -out server.crt
    cat server.crt server.key >server.pem
    openssl dhparam -out dh1024.pem 1024
) || { cat "$scratch/openssl.log"; fail "openssl"; }

step "a ministry"
mkdir "$scratch/ministry"
(cd "$scratch/ministry" && exec "$scratch/khotin" demo --serve --articles 30 >serve.log) &
children+=($!)
for _ in $(seq 100); do
    ministry=$([ ! -f "$scratch/ministry/serve.log" ] || sed -n 's|.*http://127\.0\.0\.1:\([0-9]*\).*|\1|p' "$scratch/ministry/serve.log")
    [ -n "$ministry" ] && break
    sleep 0.1
done
[ -n "$ministry" ] || fail "no ministry"

# Starts a server of this mode and makes a folder that crawls it, with these lines in [site.demo].
begin() {
    local mode=$1 lines=$2 port=
    python3 "$repo/tests/interop/old_tls_server.py" "$scratch" "$mode" "$ministry" >"$scratch/server.log" 2>&1 &
    children+=($!)
    for _ in $(seq 100); do
        port=$(head -n 1 "$scratch/server.log")
        [ -n "$port" ] && break
        sleep 0.1
    done
    [ -n "$port" ] || { cat "$scratch/server.log"; fail "no server"; }
    rm -rf "$scratch/crawl"
    mkdir -p "$scratch/crawl/sites"
    sed 's|http://demo\.khotin\.test|https://demo.khotin.test|g' "$repo/sites/demo.toml" \
        >"$scratch/crawl/sites/demo.toml"
    cp "$scratch/ca.pem" "$scratch/crawl/ca.pem"
    cat >"$scratch/crawl/config.toml" <<TOML
[crawl]
sites = ["demo"]
[fetch]
resolve = { "demo.khotin.test:443" = "127.0.0.1:$port" }
extra_ca = ["ca.pem"]
jitter = "0s"
[site.demo]
gap = "0s"
$lines
TOML
}
metadata() { gzip -dc "$scratch"/crawl/output/archive/*.warc.gz | tr -d '\r' | grep -a "^$1: "; }
system='tls = "system"'
legacy=$repo/contrib/openssl-legacy.cnf

step "rustls can not, and says what to do"
begin dhe ''
expect 1 "$scratch/khotin" crawl
report
says "HandshakeFailure"
says "build khotin with \`--features system-tls\`"
says "OPENSSL_CONF=contrib/openssl-legacy.cnf"
metadata failure-kind | grep -qx 'failure-kind: tls' || fail "no failure in the archive"
expect 0 "$scratch/khotin" verify

step "the usual build does not take tls = \"system\""
begin dhe "$system"
expect 2 "$scratch/khotin" crawl
says "this khotin has no OpenSSL"
says "--features system-tls"

step "OpenSSL alone finds the key too small"
begin dhe "$system"
expect 1 env -u OPENSSL_CONF "$scratch/khotin-system" crawl
report
says "dh key too small"
says "start khotin with OPENSSL_CONF=contrib/openssl-legacy.cnf"

step "with contrib/openssl-legacy.cnf it is crawled"
begin dhe "$system"
expect 0 env OPENSSL_CONF="$legacy" "$scratch/khotin-system" crawl
expect 0 "$scratch/khotin" verify
expect 0 "$scratch/khotin" export
grep -qx 'TLSv1.2 DHE-RSA-AES128-SHA256' "$scratch/server.log" || { cat "$scratch/server.log"; fail "another suite"; }
answered=$(metadata status | wc -l)
with_library=$(metadata tls-library | grep -cF "OpenSSL 3." || true)
[ "$answered" -gt 30 ] && [ "$with_library" -eq "$answered" ] || fail "$with_library of $answered say OpenSSL"
metadata tls-library | sort | uniq -c
metadata tls-not-known | sort | uniq -c
articles=$(wc -l <"$scratch/crawl/output/exports/latest/articles.jsonl")
[ "$articles" -gt 30 ] || fail "$articles articles"
echo "$articles articles, $answered answers"

step "a certificate that nobody believes is refused at that level too"
begin dhe "$system"
sed -i '/^extra_ca/d' "$scratch/crawl/config.toml"
expect 1 env OPENSSL_CONF="$legacy" "$scratch/khotin-system" crawl
report
says "certificate is not believed"

for mode in tls1 tls1_1; do
    step "$mode: refused without, crawled with the file"
    begin "$mode" "$system"
    expect 1 env -u OPENSSL_CONF "$scratch/khotin-system" crawl
    report
    says "OPENSSL_CONF=contrib/openssl-legacy.cnf"
    begin "$mode" "$system"
    expect 0 env OPENSSL_CONF="$legacy" "$scratch/khotin-system" crawl
    expect 0 "$scratch/khotin" verify
    grep -m 1 '^TLSv1' "$scratch/server.log"
done

step "done"
