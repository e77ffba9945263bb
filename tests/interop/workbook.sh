#!/usr/bin/env bash
# openpyxl reads articles.xlsx of an export: tests/interop/workbook.sh FOLDER
#
# FOLDER is one export with articles.xlsx and the canonical CSV. Types, values, frozen headers, filters and
# links are compared with the CSV and the manifest, and no cell is a formula. openpyxl is installed once
# into target/spreadsheets-venv. Exit 0 only if all are equal.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$(cd "$1" && pwd -P)
venv_name=spreadsheets-venv tools="openpyxl==3.1.5"
. "$here/venv.sh"
"$venv/bin/python" "$here/spreadsheets.py" workbook "$folder"
