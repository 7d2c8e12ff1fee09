"""The keys of a twin: the same at each start, or those of a TOML file. They protect nothing."""

import tomllib
from collections.abc import Iterator
from dataclasses import fields, replace
from hashlib import sha256
from itertools import count
from pathlib import Path

from openbunker.keys import shape
from openbunker_local import demo as demos
from openbunker_local.demo import Demo

SEED = b"the twin of openbunker"


class KeysRefused(Exception):
    """The file of keys is wrong; the message says where."""


def fixed(base_url: str) -> Demo:
    """Return the demo project of every twin. Its keys are in this repository: for tests alone."""
    blocks = _blocks()
    return demos.create(base_url, lambda size: bytes(next(blocks) for _ in range(size)))


def from_file(base_url: str, file: Path) -> Demo:
    """Return the fixed project with the names and keys of a file in place. Raises KeysRefused."""
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise KeysRefused(f"{file} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise KeysRefused(f"{file} is not TOML: {error}.") from error
    names = {field.name for field in fields(Demo)} - {"base_url"}
    for name, value in found.items():
        if name not in names:
            raise KeysRefused(f"{file}: there is no {name}; there are {', '.join(sorted(names))}.")
        if not isinstance(value, str) or not value:
            raise KeysRefused(f"{file}: {name} is a text.")
        if not shape.well_formed(value):
            why = shape.damage_of(value) or f"At most {shape.MAX_LENGTH} characters are a key."
            raise KeysRefused(f"{file}: {name}: {why}")
    demo = replace(fixed(base_url), **found)
    if len(demos.keys_of(demo)) < len(demos.keys_of(fixed(base_url))):
        raise KeysRefused(f"{file}: two keys are the same text.")
    return demo


def _blocks() -> Iterator[int]:
    for number in count():
        yield from sha256(SEED + number.to_bytes(4)).digest()
