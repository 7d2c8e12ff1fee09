#!/bin/sh
# Check the template and build the artefacts: scripts/build.sh [arm64|x86_64], or ARCH= as make
# hands it on. The layer carries both; the choice goes into what SAM is told of the functions.
# The SAM CLI lives in an environment of its own, because its pins would hold everything else back.
set -eu
cd "$(dirname "$0")/.."
architecture=${1:-${ARCH:-arm64}}
sam_venv=.cache/sam-venv

scripts/venv.sh sam "the SAM CLI" --only-binary=:all:

# The layer's makefile needs a Python with pip, which the system's own may lack.
export PYTHON="$PWD/$sam_venv/bin/python"
# A published version keeps the settings it was made with, and SAM publishes one only where code has
# changed: with the sum of the parameters in the layer, what changes there is code.
export PARAMETERS="$(cksum < samconfig.toml)"
# Neither step talks to AWS; they only refuse to work without a region.
export SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION="${AWS_DEFAULT_REGION:-us-east-1}"
"$sam_venv/bin/sam" validate --lint
"$sam_venv/bin/sam" build --parameter-overrides "Architecture=$architecture"
