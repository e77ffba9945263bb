#!/usr/bin/env bash
# Do the manual pages and completions work where they are used? tests/interop/manual.sh KHOTIN
#
# Every page goes through groff with all warnings on and through mandoc; man finds one in the folder that
# `khotin man --help` names. zsh and fish read their completions, and fish completes a command. A program
# that is not there is said to be missing and counts as a failure. Prints a line per failure and one line
# of counts; exit 0 only if nothing failed.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
if [ $# -ne 1 ] || [ ! -x "$1" ]; then
    echo "usage: tests/interop/manual.sh KHOTIN (the built program)" >&2
    exit 2
fi
khotin=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
. "$here/silent.sh"

# Two words of mandoc are no fault: pages have no date, so that the same program gives the same bytes, and
# clap_mangen ends lists with a break too many.
mandoc_lint() {
    mandoc -T lint -W warning "$1" |
        grep -v -e 'WARNING: missing date' -e 'WARNING: skipping paragraph macro' && return 1
    return 0
}

found_by_man() {
    [ "$(man -M "$1/share/man" -w khotin-sites-check)" = "$1/share/man/man1/khotin-sites-check.1" ]
}

# The folder beside that of the program is looked into without any setting.
found_beside_the_program() {
    mkdir "$1/bin" && [ "$(PATH="$1/bin:$PATH" MANPATH='' man -w khotin)" = "$1/share/man/man1/khotin.1" ]
}

fish_offers() {
    [ "$(fish --no-config -c "source $1; complete -C 'khotin reb'" | cut -f 1)" = rebuild ]
}

zsh_loads() {
    zsh -f -c "fpath=($1 \$fpath); autoload -U compinit && compinit -u -d $1/dump && [[ \$_comps[khotin] = _khotin ]] \
        && autoload +X -U _khotin"
}

"$khotin" man --out "$scratch/share/man/man1" >"$scratch/made" || exit 1
for page in "$scratch"/share/man/man1/*.1; do
    name=${page##*/}
    silent "groff -ww $name" groff -man -K utf8 -T utf8 -ww -z "$page"
    silent "mandoc $name" mandoc_lint "$page"
done
silent "man -w" found_by_man "$scratch"
silent "man -w beside the program" found_beside_the_program "$scratch"
mkdir "$scratch/zsh"
"$khotin" completions bash >"$scratch/khotin.bash"
"$khotin" completions zsh >"$scratch/zsh/_khotin"
"$khotin" completions fish >"$scratch/khotin.fish"
silent "bash -n" bash -n "$scratch/khotin.bash"
silent "zsh loads" zsh_loads "$scratch/zsh"
silent "fish -n" fish --no-execute "$scratch/khotin.fish"
silent "fish completes" fish_offers "$scratch/khotin.fish"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
