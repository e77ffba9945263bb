#!/usr/bin/env bash
# Is the line of progress whole on a real terminal? tests/interop/terminal.sh KHOTIN
#
# Runs `khotin demo` in tmux, looks at the screen many times a second, at 80 columns, at 30, and while
# the window becomes narrower; then with TERM=dumb. Every screen has at most one line of progress, a whole
# one, log lines stand above it, and nothing of it is left at the end. `script` keeps all bytes of a run: no
# colours in the line, and no line that is cleared before it is written. Prints a line per failure and one
# line of counts; exit 0 only if nothing failed.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
if [ $# -ne 1 ] || [ ! -x "$1" ]; then
    echo "usage: tests/interop/terminal.sh KHOTIN (the built program)" >&2
    exit 2
fi
khotin=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
scratch=$(mktemp -d)
socket=$scratch/tmux
tmux() { command tmux -S "$socket" -f /dev/null "$@"; }
trap 'tmux kill-server 2>/dev/null; rm -rf "$scratch"' EXIT
export LC_ALL=C.UTF-8
unset NO_COLOR
. "$here/silent.sh"

# watch WIDTH NARROWER ARGS…: one run in a window so wide; every screen is checked. Prints what is wrong.
watch() {
    local width=$1 narrower=$2 folder screens=0 drawn=0 screen lines
    shift 2
    folder=$(mktemp -d -p "$scratch")
    # Standard error stays on the terminal; standard output is the report.
    tmux new-session -d -x "$width" -y 50 -s run "cd '$folder' && '$khotin' $* >report; echo \"ended \$?\"; sleep 60"
    for _ in $(seq 3000); do
        screen=$(tmux capture-pane -p -t run)
        screens=$((screens + 1))
        grep -q '^ended' <<<"$screen" && break
        lines=$(grep -c '[█░]' <<<"$screen")
        case $lines in
            0) ;;
            1)
                drawn=$((drawn + 1))
                grep -qE '^[█░]{10} ([0-9]+ (d|$|…)|đã|…)' <<<"$screen" || grep '[█░]' <<<"$screen"
                # Below the line there is nothing.
                sed -n '/[█░]/,$p' <<<"$screen" | tail -n +2 | grep .
                [ "$narrower" -eq 0 ] || [ "$drawn" -ne 3 ] || tmux resize-window -t run -x "$narrower" -y 50
                ;;
            *) echo "$lines lines of progress:"; grep '[█░]' <<<"$screen" ;;
        esac
        sleep 0.03
    done
    grep -qx 'ended 0' <<<"$screen" || { echo "did not end well:"; grep . <<<"$screen"; }
    grep -n '[█░]' <<<"$screen"
    [ "$drawn" -ge 5 ] || echo "only $drawn of $screens screens had a line of progress"
    tmux kill-session -t run
    return 0
}

dumb() {
    mkdir "$scratch/dumb"
    (cd "$scratch/dumb" && script -qec "TERM=dumb '$khotin' -v demo --articles 30" all >/dev/null) || echo "exit code $?"
    grep -a -c -P '\x1b|\r[^\n]|█' "$scratch/dumb/all" | grep -v -x 0
    return 0
}

# All bytes of a run: ESC [ K behind the text only, ESC [ … m (a colour) nowhere.
bytes() {
    mkdir "$scratch/bytes"
    (cd "$scratch/bytes" && NO_COLOR=1 script -qec "stty cols 80; TERM=xterm NO_COLOR=1 '$khotin' -v demo --articles 60" all \
        >/dev/null) || echo "exit code $?"
    local all=$scratch/bytes/all
    [ "$(grep -a -o -P '\r[█░]{10} [^\r\x1b]*\x1b\[K' "$all" | wc -l)" -ge 5 ] || echo "fewer than five drawings"
    grep -a -P '\x1b\[[0-9;]*m' "$all" | head -n 3
    return 0
}

silent "80 columns" watch 80 0 demo --articles 300
silent "with log lines" watch 100 0 -v demo --articles 100
silent "Vietnamese" watch 100 0 --lang vi demo --articles 300
silent "30 columns" watch 30 0 demo --articles 300
silent "made narrower" watch 100 40 demo --articles 300
silent "TERM=dumb" dumb
silent "NO_COLOR" bytes
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
