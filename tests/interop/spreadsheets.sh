#!/usr/bin/env bash
# Spreadsheets read what we wrote: tests/interop/spreadsheets.sh [--pictures DIR]
#
# Exports articles that spreadsheets get wrong (nasty.rs: formulas, leading zeros, dates in words, control
# characters, 40,000 letters) and lets LibreOffice without a window open articles.xlsx and both spreadsheet
# CSVs, and openpyxl articles.xlsx. Every cell is compared with the canonical CSV. Heavy, so no part of
# .ci/run: needs LibreOffice (Debian: apt-get install libreoffice-calc) and Python. With --pictures, the
# first pages of articles.xlsx come as PNG to DIR (Debian: poppler-utils). Exit 0 only if all are equal.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
repo=$(cd "$here/../.." && pwd)
pictures=
if [ "${1:-}" = --pictures ]; then
    mkdir -p "$2"
    pictures=$(cd "$2" && pwd)
fi
command -v soffice >/dev/null || { echo "needs soffice: apt-get install libreoffice-calc" >&2; exit 2; }
venv_name=spreadsheets-venv tools="openpyxl==3.1.5"
. "$here/venv.sh"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

(cd "$repo" && cargo run --locked --quiet --example nasty -- "$scratch/exports")
office() {
    # A profile of its own: a LibreOffice that is open stays untouched.
    soffice "-env:UserInstallation=file://$scratch/profile" --headless "$@" >"$scratch/office.log" 2>&1 ||
        { cat "$scratch/office.log"; exit 1; }
}
compare() { "$venv/bin/python" "$here/spreadsheets.py" "$@"; }
soffice --version

for labels in codes labels; do
    export=$scratch/exports/$labels
    echo "== articles.xlsx with $labels"
    compare workbook "$export"
    office --convert-to fods --outdir "$scratch/$labels" "$export/articles.xlsx"
    compare libreoffice "$export" "$scratch/$labels/articles.fods"
done

export=$scratch/exports/codes
columns=$(head -n 1 "$export/articles-excel-comma.csv" | tr ',' '\n' | wc -l)
as_text=$(seq "$columns" | sed 's|$|/2|' | paste -sd/)
for file in comma:44 semicolon:59; do
    name=articles-excel-${file%:*}
    # Separator, quote, UTF-8, first row, columns as text.
    echo "== $name.csv, all columns as text"
    office --convert-to fods --infilter="CSV:${file#*:},34,76,1,$as_text" --outdir "$scratch/text" "$export/$name.csv"
    compare csv "$export" "$scratch/text/$name.fods" text
    echo "== $name.csv, columns as LibreOffice chooses"
    office --convert-to fods --infilter="CSV:${file#*:},34,76,1" --outdir "$scratch/usual" "$export/$name.csv"
    compare csv "$export" "$scratch/usual/$name.fods" usual
done

if [ -n "$pictures" ]; then
    office --convert-to pdf --outdir "$scratch" "$scratch/exports/labels/articles.xlsx"
    pdftoppm -r 90 -png -f 1 -l 20 "$scratch/articles.pdf" "$pictures/page"
fi
