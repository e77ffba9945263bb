# Sourced by the scripts beside it: sets venv to a Python environment with the tools, made on first use.
# A script that needs others sets venv_name and tools before.
venv=$here/../../target/${venv_name:-interop-venv}
tools=${tools:-warcio==1.8.1 FastWARC==2.0.1 cdxj-indexer==1.5.0 surt==0.3.1}
if [ "$(cat "$venv/tools" 2>/dev/null)" != "$tools" ]; then
    rm -rf "$venv"
    mkdir -p "${venv%/*}"
    # shellcheck disable=SC2086
    if ! python3 -m venv "$venv" || ! "$venv/bin/pip" install --quiet --disable-pip-version-check $tools; then
        echo "cannot install $tools with python3 -m venv and pip" >&2
        return 1
    fi
    echo "$tools" >"$venv/tools"
fi
