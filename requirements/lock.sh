#!/bin/sh
# Write the hashed requirement files anew. Needs uv. They name no package registry.
set -eu
cd "$(dirname "$0")/.."
UV=${UV:-uv}
compile() {
    "$UV" pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --no-header "$@"
}
compile pyproject.toml requirements/build.in --universal --python-version 3.11 -o requirements/run.txt
compile pyproject.toml requirements/build.in --extra dev --universal --python-version 3.11 \
    -c requirements/run.txt -o requirements/dev.txt
compile layers/shared/requirements.in --python-version 3.13 --python-platform aarch64-manylinux_2_28 \
    -c requirements/run.txt -o layers/shared/requirements.txt
compile layers/shared/powertools.in --python-version 3.13 --python-platform aarch64-manylinux_2_28 \
    -c layers/shared/requirements.txt -o layers/shared/powertools.txt
compile requirements/pip.in --universal --python-version 3.11 -o requirements/pip.txt
compile requirements/sam.in --universal --python-version 3.11 -o requirements/sam.txt
compile requirements/e2e.in --universal --python-version 3.11 -o requirements/e2e.txt
compile requirements/peers.in --universal --python-version 3.11 -o requirements/peers.txt
compile requirements/checkov.in --universal --python-version 3.11 -o requirements/checkov.txt
compile requirements/e2e-aws.in --universal --python-version 3.13 -o requirements/e2e-aws.txt
