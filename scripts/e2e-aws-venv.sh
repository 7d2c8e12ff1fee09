#!/bin/sh
# Make .cache/e2e-aws-venv from requirements/e2e-aws.txt, unless it is there. Prints nothing when it is.
# The emulator runs the functions in its own Python, which therefore is the one of their runtime.
set -eu
cd "$(dirname "$0")/.."
want=$(sed -n 's/^ *Runtime: python//p' template.yaml)

if ! cmp -s requirements/e2e-aws.txt .cache/e2e-aws-venv/installed.txt; then
    python=$(sh layers/shared/find-python.sh "$want") || {
        echo "make e2e-aws needs Python $want, the functions' own, and none was found." >&2
        echo "Install one (\`uv python install $want\` or \`pyenv install $want\`), or name one by" >&2
        echo "TARGET_PYTHON=/path/to/python$want, and try again." >&2
        exit 2
    }
    PYTHON=$python scripts/venv.sh e2e-aws "the emulator of AWS" --only-binary=:all:
fi
