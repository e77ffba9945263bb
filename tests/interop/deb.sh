#!/usr/bin/env bash
# Does the Debian package install, run, and go? tests/interop/deb.sh [--no-build]
#
# For a Debian machine that may be changed: as root, installs the package of contrib/deb/build.sh with dpkg,
# crawls the demo ministry on 127.0.0.1 as the user khotin with the installed program and settings, looks
# at the units with systemd-analyze and at the system calls of a night with strace, then removes and
# purges it: the archive stays. lintian looks at the package. --no-build takes the program in
# target/release. Prints a line per failure and one line of counts; exit 0 only if nothing failed.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$(dirname "$0")/../.." || exit 2
if [ "$(id -u)" -ne 0 ] || dpkg -s khotin >/dev/null 2>&1 || [ -e /var/lib/khotin ] || [ -e /etc/khotin ]; then
    echo "needs root, and a machine on which khotin was never installed" >&2
    exit 2
fi
scratch=$(mktemp -d)
chmod 0755 "$scratch"
server=
# Only what this script brought: it began without any of it.
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; dpkg -P khotin >/dev/null 2>&1
    rm -rf "$scratch" /var/lib/khotin; deluser --quiet khotin >/dev/null 2>&1' EXIT
. "$here/silent.sh"

quiet() { "$@" >"$scratch/log" 2>&1 || cat "$scratch/log"; }

as_khotin() {
    setpriv --reuid khotin --regid khotin --init-groups --no-new-privs \
        env -i PATH=/usr/bin:/bin HOME=/var/lib/khotin "$@"
}

install_it() {
    dpkg -i "$deb" >"$scratch/log" 2>&1 || cat "$scratch/log"
    grep -q "set your contact" "$scratch/log" || echo "no word of what to do next"
}

installed() {
    local path
    for path in /usr/bin/khotin /etc/khotin/config.toml /etc/khotin/sites /etc/logrotate.d/khotin \
        /usr/lib/systemd/system/khotin-nightly.service /usr/lib/systemd/system/khotin-nightly.timer \
        /usr/share/man/man1/khotin-nightly.1.gz /usr/share/bash-completion/completions/khotin \
        /usr/share/zsh/vendor-completions/_khotin /usr/share/fish/vendor_completions.d/khotin.fish \
        /usr/share/doc/khotin/README.md /usr/share/doc/khotin/copyright /usr/share/doc/khotin/examples/old-tls.conf; do
        [ -e "$path" ] || echo "no $path"
    done
    [ "$(stat -c '%U:%G %a' /var/lib/khotin)" = "khotin:khotin 750" ] || stat -c '%n %U:%G %a' /var/lib/khotin
    [ "$(stat -c '%U:%G %a' /etc/khotin/config.toml)" = "root:root 644" ] || stat -c '%n %U:%G %a' /etc/khotin/config.toml
    dpkg-query -W -f '${Conffiles}' khotin | grep -q ' /etc/khotin/config.toml ' || echo "config.toml is no conffile"
    man -w khotin-crawl >/dev/null || echo "no page for khotin-crawl"
}

# As it comes it has no contact, so it asks nobody, and says what to do.
refuses_without_contact() {
    as_khotin khotin nightly --config /etc/khotin/config.toml >"$scratch/log" 2>&1
    local code=$?
    if [ "$code" != 2 ] || ! grep -q contact "$scratch/log"; then
        echo "exit code $code"
        cat "$scratch/log"
    fi
}

serve() {
    as_khotin khotin demo --serve --articles 60 "$scratch/demo" >"$scratch/serve.log" &
    server=$!
    for _ in $(seq 300); do
        address=$(sed -n 's|.*http://\(127\.0\.0\.1:[0-9]*\).*|\1|p' "$scratch/serve.log")
        [ -n "$address" ] && return 0
        sleep 0.1
    done
    echo "the demo ministry does not listen"
}

# The settings of the package, edited as an operator does: contact, site, and where the made-up name is.
edit() {
    sed -i -e 's|^contact = ""|contact = "archive@example.org"|' -e 's|^sites = \["moh"\]|sites = ["demo"]|' \
        -e "s|^resolve = {}|resolve = { \"demo.khotin.test:80\" = \"$address\" }|" /etc/khotin/config.toml
    printf '\n[site.demo]\ngap = "20ms"\n' >>/etc/khotin/config.toml
    [ "$(grep -c -e 'archive@example.org' -e '^sites = \["demo"\]' -e "$address" /etc/khotin/config.toml)" = 3 ] ||
        echo "a line of config.toml has another shape"
}

# One night as the unit starts it, and its system calls beside those that the unit allows.
night() {
    local code
    as_khotin strace -f -qq -o "$scratch/demo/calls" khotin nightly --config /etc/khotin/config.toml \
        >"$scratch/night.log" 2>"$scratch/night.err"
    code=$?
    [ "$code" = 0 ] || { echo "exit code $code"; cat "$scratch/night.log" "$scratch/night.err"; }
    as_khotin khotin verify --config /etc/khotin/config.toml >"$scratch/log" || cat "$scratch/log"
    find /var/lib/khotin -name 'articles.csv' | grep -q . || echo "no dump"
    find /var/lib/khotin -not -user khotin
    as_khotin test -w /etc/khotin/config.toml && echo "its own settings can be written"
    return 0
}

calls() {
    # The sets of a unit are names, and names of sets within them.
    names() {
        local set
        for set in "$@"; do
            systemd-analyze syscall-filter "$set" | sed -n 's/^ *\(@\?[a-z_0-9-]*\)$/\1/p' | grep -v -x "$set" |
                while read -r name; do case $name in @*) names "$name" ;; *) echo "$name" ;; esac; done
        done
    }
    names @system-service @default | sort -u >"$scratch/allowed"
    names @privileged @resources | sort -u >"$scratch/denied"
    grep -oE '^[0-9]+ +[a-z_0-9]+\(' "$scratch/demo/calls" | sed -E 's/^[0-9]+ +//; s/\($//' | sort -u >"$scratch/used"
    [ "$(wc -l <"$scratch/used")" -gt 30 ] || echo "strace saw only $(wc -l <"$scratch/used") system calls"
    comm -23 "$scratch/used" "$scratch/allowed" | sed 's/^/not in @system-service: /'
    comm -12 "$scratch/used" "$scratch/denied" | sed 's/^/denied: /'
    grep -oE 'socket\(AF_[A-Z0-9]+' "$scratch/demo/calls" | sed 's/socket(//' | sort -u >"$scratch/families"
    sed -n 's/^RestrictAddressFamilies=//p' contrib/systemd/khotin-nightly.service | tr ' ' '\n' | sort |
        comm -23 "$scratch/families" - | sed 's/^/not allowed: /'
}

units() {
    systemd-analyze verify khotin-nightly.service khotin-nightly.timer 2>&1 | grep -F khotin
    return 0
}

lint() {
    # Known and meant: the program is linked with its crates, is not signed or hardened by Debian's build
    # tools, and nobody filed an intent to package. The units are switched on by the operator.
    lintian --allow-root --no-tag-display-limit "$deb" 2>&1 |
        grep -E '^[EW]:' | grep -v -E ' (initial-upload-closes-no-bugs|unstripped-binary-or-object|hardening-no-)'
    return 0
}

removed() {
    quiet dpkg -r khotin
    [ ! -e /usr/bin/khotin ] || echo "/usr/bin/khotin stays"
    [ -f /etc/khotin/config.toml ] || echo "the operator's settings went with dpkg -r"
    sha256sum --quiet -c "$scratch/archive.sums"
}

purged() {
    dpkg -P khotin >"$scratch/log" 2>&1 || cat "$scratch/log"
    grep -q 'the archive in /var/lib/khotin stays' "$scratch/log" || { echo "purge says nothing of the archive"; cat "$scratch/log"; }
    for path in /etc/khotin /var/log/khotin /etc/logrotate.d/khotin; do [ ! -e "$path" ] || echo "$path stays"; done
    sha256sum --quiet -c "$scratch/archive.sums"
    getent passwd khotin >/dev/null || echo "the owner of the archive went"
}

for program in cargo-deb lintian strace systemd-analyze setpriv man; do
    command -v "$program" >/dev/null || { echo "needs $program" >&2; exit 2; }
done
deb=$(contrib/deb/build.sh "$@" | tail -n 1)
[ -f "$deb" ] || exit 1
silent "dpkg -i" install_it
silent "installed files" installed
silent "no contact" refuses_without_contact
install -d -o khotin -g khotin "$scratch/demo"
serve
silent "settings" edit
silent "a night" night
silent "system calls" calls
silent "units" units
silent "lintian" lint
find /var/lib/khotin -type f -exec sha256sum {} + >"$scratch/archive.sums"
kill "$server"
server=
silent "dpkg -r" removed
silent "dpkg -P" purged
echo "package: $(stat -c %s "$deb") bytes"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
