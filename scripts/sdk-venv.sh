#!/bin/sh
# Make .cache/sdk-venv: what builds and checks the Python client, and the clients it is compared with.
# Not pinned: the comparison is with their newest releases, and prints which those are.
set -eu
cd "$(dirname "$0")/.."
venv=.cache/sdk-venv
[ -x "$venv/bin/pip" ] || "${PYTHON:-python3}" -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check --upgrade \
    build hatchling twine gevent posthog segment-analytics-python rudder-sdk-python
touch "$venv.stamp"
