#!/bin/sh
# Check the templates with checkov, offline. What it finds and scripts/checkov/reasons.toml gives no
# reason for fails. An environment of its own, because checkov pins an old boto3.
set -eu
cd "$(dirname "$0")/.."
venv=.cache/checkov-venv

if ! cmp -s requirements/checkov.txt "$venv/installed.txt"; then
    echo "Setting up checkov (once; some minutes) …" >&2
    rm -rf "$venv"
    mkdir -p .cache
    "${PYTHON:-python3}" -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
        --require-hashes -r requirements/checkov.txt
    cp requirements/checkov.txt "$venv/installed.txt"
fi

mkdir -p .cache/checkov
.venv/bin/python -m scripts.checkov.plain_template > .cache/checkov/template.json
# It exits with 1 for any finding; the comparison decides.
"$venv/bin/checkov" --skip-download --framework cloudformation --quiet --compact -o json \
    -f .cache/checkov/template.json -f edge.yaml > .cache/checkov/found.json || true
.venv/bin/python -m scripts.checkov.reasons < .cache/checkov/found.json
