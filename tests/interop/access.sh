#!/usr/bin/env bash
# Does pywb hide what khotin withholds, and nothing else? tests/interop/access.sh
#
# A demo ministry is crawled, one article of each of its platforms is withheld, and pywb's own access
# checker (installed once into target/pywb-venv) is asked about every capture of the archive: as pywb's
# index and as khotin's own has it. Prints a line a failure and one line of counts.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
khotin=${KHOTIN:-$root/target/debug/khotin}
if [ ! -x "$khotin" ]; then
    echo "no $khotin: run cargo build first, or name one with KHOTIN" >&2
    exit 2
fi
venv_name=pywb-venv tools="pywb==2.10.0 cdxj-indexer==1.5.0"
. "$here/venv.sh" || exit 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$khotin" demo "$work/demo" --articles 30 >/dev/null || exit 2
cd "$work/demo" || exit 2
python=$venv/bin/python
chosen=$("$python" - <<'PY'
import json
records = [json.loads(line) for line in open("output/exports/latest/articles.jsonl")]
keys = [record["key"] for record in records]
liferay = [key for key in keys if ":liferay:" in key]
# The first of each platform.
print(liferay[0], next(key for key in keys if ":portal:" in key))
PY
)
for key in $chosen; do
    "$khotin" restrict "$key" --reason test --authority test >/dev/null || exit 2
done
"$venv/bin/cdxj-indexer" -p --sort output/archive/*.warc.gz >"$work/posts.cdxj" || exit 2
sort output/archive/*.cdxj >"$work/own.cdxj"
# shellcheck disable=SC2086
"$python" "$here/access.py" "$work" output $chosen
