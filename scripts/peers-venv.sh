#!/bin/sh
# Make .cache/peers-venv: what `make bench-peers` runs beside openbunker, pinned. Needs PyPI.
set -eu
cd "$(dirname "$0")/.."
venv=.cache/peers-venv
[ -x "$venv/bin/pip" ] || "${PYTHON:-python3}" -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r requirements/peers.txt
touch "$venv.stamp"
