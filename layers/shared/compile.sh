#!/bin/sh
# Put bytecode into what was built: compile.sh <python minor version> layer|function <folder>.
# The folder is what Lambda puts on the path. Others' packages are compiled as they stand, ours
# are made lean (lean/). SAM's packages date every file 1980, so bytecode that is checked by date
# never matches there; this one is not checked at all. Only the target's own minor version writes
# what it can read.
set -eu
target=$1 kind=$2 folder=$3
cd "$(dirname "$0")"
# On standard output: SAM shows a passing build's standard error to nobody.
if python=$(sh find-python.sh "$target"); then
    export PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1
    case $kind in layer) shown=/opt/python ;; *) shown=/var/task ;; esac
    "$python" -m compileall -q -s "$folder" -p "$shown" -x '/python/openbunker/' \
        --invalidation-mode unchecked-hash "$folder"
    "$python" -m lean "$kind" "$folder"
    echo "openbunker $kind: bytecode by $python"
else
    echo "openbunker $kind: NO BYTECODE. No Python $target was found to compile with, so every" \
        "cold start compiles the sources anew and takes longer (make bench shows how much)." \
        "Install one, or name one by TARGET_PYTHON=/path/to/python$target, and build again."
fi
