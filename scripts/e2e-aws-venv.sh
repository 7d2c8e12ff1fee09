#!/bin/sh
# Make .cache/e2e-aws-venv from requirements/e2e-aws.txt, unless it is there. Prints nothing when it is.
# The emulator runs the functions in its own Python, which therefore is the one of their runtime.
set -eu
cd "$(dirname "$0")/.."
venv=.cache/e2e-aws-venv
want=$(sed -n 's/^ *Runtime: python//p' template.yaml)

if ! cmp -s requirements/e2e-aws.txt "$venv/installed.txt"; then
    python=$(sh layers/shared/find-python.sh "$want") || {
        echo "make e2e-aws needs Python $want, the functions' own, and none was found." >&2
        echo "Install one (\`uv python install $want\` or \`pyenv install $want\`), or name one by" >&2
        echo "TARGET_PYTHON=/path/to/python$want, and try again." >&2
        exit 2
    }
    echo "Setting up the emulator of AWS (once; a minute or so) …" >&2
    rm -rf "$venv"
    mkdir -p .cache
    "$python" -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
        --only-binary=:all: --require-hashes -r requirements/e2e-aws.txt
    cp requirements/e2e-aws.txt "$venv/installed.txt"
fi
