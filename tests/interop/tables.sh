#!/usr/bin/env bash
# Do other programs read our tables as they are? tests/interop/tables.sh KHOTIN NASTY
#
# KHOTIN is the built program, NASTY the built example nasty_export. Exports a demo ministry, and articles
# with a cell of every nasty kind; lets frictionless validate both data packages, pandas, DuckDB and csvkit
# read every cell (tables.py), sha256sum check the sums, and khotin read every CSV back. Then breaks files
# and wants each to be found. The tools are installed once into target/interop-tables-venv. Exit 0 only if
# all agree.
set -euo pipefail
if [ $# -ne 2 ] || [ ! -x "$1" ] || [ ! -x "$2" ]; then
    echo "usage: tests/interop/tables.sh KHOTIN NASTY (two built programs)" >&2
    exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
khotin=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
nasty=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
venv_name=interop-tables-venv tools="frictionless==5.21.0 pandas==3.1.1 duckdb==2.0.1 csvkit==2.2.0"
. "$here/venv.sh"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
fail() { printf 'FAILED: %s\n' "$1" >&2; exit 1; }

"$khotin" demo --articles 60 >demo.log
(cd khotin-demo && "$khotin" export --format csv,excel-comma,excel-semicolon,jsonl,json >/dev/null)
"$nasty" "$scratch/exports" >/dev/null

for folder in khotin-demo/output/exports/latest exports/nasty; do
    echo "== $folder"
    (cd "$folder" && sha256sum --check --strict --quiet SHA256SUMS)
    (cd "$folder" && "$venv/bin/frictionless" validate datapackage.json) >validate.log 2>&1 ||
        { cat validate.log; fail "frictionless does not accept $folder"; }
    "$venv/bin/python" "$here/tables.py" "$folder"
    for file in articles images related attachments listings articles-excel-comma articles-excel-semicolon; do
        "$khotin" export --read-back "$folder/$file.csv" >read-back.log ||
            { cat read-back.log; fail "$file.csv of $folder is not read back"; }
    done
    "$venv/bin/python" -c 'import json, sys
lines = [json.loads(line) for line in open(sys.argv[1] + "/articles.jsonl", encoding="utf-8")]
assert json.load(open(sys.argv[1] + "/articles.json", encoding="utf-8")) == lines' "$folder" ||
        fail "articles.json of $folder does not hold what articles.jsonl holds"
done

echo "== what is broken is found"
broken=exports/broken
cp -r exports/nasty $broken
sed -i '0,/,007,/s//,008,/' $broken/articles.csv
if "$khotin" export --read-back $broken/articles.csv >/dev/null; then fail "read-back passes over a changed cell"; fi
if (cd $broken && sha256sum --check --status SHA256SUMS); then fail "the sums pass over a changed cell"; fi
if (cd $broken && "$venv/bin/frictionless" validate datapackage.json) >/dev/null 2>&1; then
    fail "frictionless passes over a changed cell"
fi
if "$venv/bin/python" "$here/tables.py" $broken >/dev/null; then fail "tables.py passes over a changed cell"; fi
echo "done"
