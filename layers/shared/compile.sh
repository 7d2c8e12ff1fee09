#!/bin/sh
# Put bytecode into a built layer: compile.sh <python minor version> <artifacts folder>.
# SAM's packages date every file 1980, so bytecode that is checked by date never matches there;
# this one is not checked at all. Only the target's own minor version writes what it can read.
set -eu
target=$1
artifacts=$2
if python=$(sh find-python.sh "$target"); then
    PYTHONHASHSEED=0 "$python" -m compileall -q -s "$artifacts" -p /opt \
        --invalidation-mode unchecked-hash "$artifacts/python"
    echo "openbunker layer: bytecode by $python"
else
    # On standard output: SAM shows a passing build's standard error to nobody.
    echo "openbunker layer: NO BYTECODE. No Python $target was found to compile with, so every" \
        "cold start compiles the sources anew and takes longer (make bench shows how much)." \
        "Install one, or name one by TARGET_PYTHON=/path/to/python$target, and build again."
fi
