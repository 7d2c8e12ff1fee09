#!/bin/sh
# Make .cache/NAME-venv from requirements/NAME.txt, unless it is there: scripts/venv.sh NAME WHAT [option of pip …]
# WHAT is what people are told meanwhile; PYTHON, if set, is whose environment it becomes. Prints
# nothing when it is there. For what must not hold back .venv, or is heavy beside `make test`.
set -eu
cd "$(dirname "$0")/.."
name=$1 what=$2
shift 2
venv=.cache/$name-venv

if ! cmp -s "requirements/$name.txt" "$venv/installed.txt"; then
    echo "Setting up $what (once; some minutes) …" >&2
    rm -rf "$venv"
    mkdir -p .cache
    "${PYTHON:-python3}" -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps "$@" \
        --require-hashes -r "requirements/$name.txt"
    cp "requirements/$name.txt" "$venv/installed.txt"
fi
