"""Makes the artefacts lean: bytecode that starts in less time than its sources say.

A build step. The sources stay as people read them and lie beside the bytecode, which nobody has to
read; both behave alike. What it does, and what it costs: docs/decisions/0055-lean-bytecode.md.
Imports nothing of openbunker, runs nothing of it, and is no part of what is deployed but `plain`.

    annotations  Drops what only type checkers read, and the imports that nobody needs then
    classes      Writes dataclasses out as plain classes with slots
    handlers     Keeps the collector away while a function's handler is imported
    modules      One module: from its source to lean code
    plain        What written-out classes share when they run; copied into the artefacts
    tree         A folder of modules: writes the bytecode that is never checked
"""
