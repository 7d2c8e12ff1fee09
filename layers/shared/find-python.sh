#!/bin/sh
# Print a Python of the wanted minor version (`find-python.sh 3.13`); exit 1 when there is none.
# A name on the PATH proves nothing (version managers put shims there): every candidate is run.
# TARGET_PYTHON=/path names one that is not found by itself.
want=$1
for candidate in "${TARGET_PYTHON:-}" "python$want" python3 \
    "${PYENV_ROOT:-$HOME/.pyenv}/versions/$want".*/bin/python \
    "${UV_PYTHON_INSTALL_DIR:-$HOME/.local/share/uv/python}"/cpython-"$want".*/bin/python3 \
    "${ASDF_DATA_DIR:-$HOME/.asdf}/installs/python/$want".*/bin/python3 \
    "${MISE_DATA_DIR:-$HOME/.local/share/mise}/installs/python/$want".*/bin/python3 \
    "$HOME"/miniconda3/envs/*/bin/python3 \
    /opt/homebrew/bin/"python$want" /usr/local/bin/"python$want"; do
    [ -n "$candidate" ] || continue
    if "$candidate" -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$want')" 2>/dev/null; then
        printf '%s\n' "$candidate"
        exit 0
    fi
done
exit 1
