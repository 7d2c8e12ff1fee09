#!/bin/sh
# Build the client's sdist, its wheel from that, check both, and install the wheel in .cache/sdk-venv.
set -eu
cd "$(dirname "$0")/.."
venv=.cache/sdk-venv dist=.cache/sdk-dist
rm -rf "$dist"
"$venv/bin/python" -m build --no-isolation --outdir "$dist" sdk >/dev/null
"$venv/bin/twine" check --strict "$dist"/*
"$venv/bin/pip" install --quiet --disable-pip-version-check --no-index --no-deps --force-reinstall "$dist"/*.whl
ls "$dist"
