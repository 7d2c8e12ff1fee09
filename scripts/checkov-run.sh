#!/bin/sh
# Check the templates with checkov, offline. What it finds and scripts/checkov/reasons.toml gives no
# reason for fails. An environment of its own, because checkov pins an old boto3.
set -eu
cd "$(dirname "$0")/.."
venv=.cache/checkov-venv

scripts/venv.sh checkov checkov

mkdir -p .cache/checkov
.venv/bin/python -m scripts.checkov.plain_template > .cache/checkov/template.json
# It exits with 1 for any finding; the comparison decides.
"$venv/bin/checkov" --skip-download --framework cloudformation --quiet --compact -o json \
    -f .cache/checkov/template.json -f edge.yaml > .cache/checkov/found.json || true
.venv/bin/python -m scripts.checkov.reasons < .cache/checkov/found.json
