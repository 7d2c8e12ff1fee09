#!/bin/sh
# Make .venv from one hashed requirement file: `run` or `dev`. Called by the Makefile.
set -eu
cd "$(dirname "$0")/.."
kind=$1

say() { printf '%s\n' "$*" >&2; }

find_python() {
    for name in "${PYTHON:-python3}" python3 python3.13 python3.12 python3.11 python3.14 python; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s' "$name"
            return
        fi
    done
    say "openbunker needs Python 3.11 or newer and found none; PYTHON=/path/to/python make … names one."
    exit 1
}

install() { .venv/bin/python -m pip install --disable-pip-version-check --no-deps --require-hashes "$@"; }

# Put our pip into .venv by the one that Python brings along, which need not be installed for that:
# it is left as the wheel it is. Where there is no such wheel or no index, nothing is said.
begin() {
    "$1" -m venv --without-pip .venv || return 1
    bundled=$(.venv/bin/python -c '
import ensurepip, pathlib
print(*pathlib.Path(ensurepip.__file__).parent.glob("_bundled/pip-*.whl"))')
    (PYTHONPATH=$bundled && export PYTHONPATH && install --quiet -r requirements/pip.txt)
}

say "Setting up .venv for '$kind' (once; half a minute or so) …"
if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    rm -rf .venv
    python=$(find_python)
    begin "$python" >/dev/null 2>&1 || "$python" -m venv --clear .venv || {
        rm -rf .venv
        say "$python could not make a virtual environment (on Debian: apt-get install python3-venv)."
        exit 1
    }
fi
# The pip that Python 3.11 brings along takes three times as long over the pages of an index. Where
# this one cannot be had, that one does.
install --quiet -r requirements/pip.txt || say "Going on with the pip of this Python."
install -r requirements/run.txt
# What tests import is compiled by then; the rest is most of it, sympy and moto's services first.
[ "$kind" = run ] || install --no-compile -r "requirements/$kind.txt"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
touch .venv/run.stamp ".venv/$kind.stamp"
