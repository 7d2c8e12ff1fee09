#!/bin/sh
# Make .cache/e2e-venv from requirements/e2e.txt, unless it is there. Prints nothing when it is.
# Apart from .venv, so that `make test` stays light.
set -eu
cd "$(dirname "$0")/.."
venv=.cache/e2e-venv

if ! cmp -s requirements/e2e.txt "$venv/installed.txt"; then
    echo "Setting up schemathesis (once; a minute or so) …" >&2
    rm -rf "$venv"
    mkdir -p .cache
    "${PYTHON:-python3}" -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
        --only-binary=:all: --require-hashes -r requirements/e2e.txt
    cp requirements/e2e.txt "$venv/installed.txt"
fi
