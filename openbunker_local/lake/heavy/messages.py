"""Values between the server and a child of its own, through a pipe: a length, then a pickle.

Read with care on both sides: nothing is made of the bytes but values as answers hold them, and
nothing is read that is longer than an answer may be.
"""

import io
import pickle
from struct import Struct
from typing import IO, Any

_LENGTH = Struct(">Q")
# Of what is in an answer beside plain values.
_KNOWN = {
    "datetime": frozenset({"date", "datetime", "time", "timedelta", "timezone"}),
    "decimal": frozenset({"Decimal"}),
    "uuid": frozenset({"UUID", "SafeUUID"}),
    "zoneinfo": frozenset({"ZoneInfo._unpickle"}),
}


# What bytes that are no pickle of such values may raise.
_BROKEN = (
    pickle.PickleError,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    TypeError,
    ValueError,
)


class TooLong(Exception):
    """A message is longer than it may be."""


class Ended(Exception):
    """The other side is gone."""


def send(pipe: IO[bytes], value: object, most: int) -> None:
    """Write a value. Raises TooLong before anything is written; Ended."""
    text = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    if len(text) > most:
        raise TooLong(f"{len(text)} bytes")
    try:
        pipe.write(_LENGTH.pack(len(text)))
        pipe.write(text)
        pipe.flush()
    except (OSError, ValueError) as error:
        raise Ended(str(error)) from error


def receive(pipe: IO[bytes], most: int) -> Any:
    """Read a value. Raises TooLong before it is read; Ended."""
    head = _exactly(pipe, _LENGTH.size)
    (length,) = _LENGTH.unpack(head)
    if length > most:
        raise TooLong(f"{length} bytes")
    try:
        return _Careful(io.BytesIO(_exactly(pipe, length))).load()
    except _BROKEN as error:
        raise Ended(f"it said what nobody understands: {error}") from error


def _exactly(pipe: IO[bytes], length: int) -> bytes:
    try:
        found = pipe.read(length)
    except (OSError, ValueError) as error:
        raise Ended(str(error)) from error
    if len(found) < length:
        raise Ended("it said no more")
    return found


class _Careful(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if name not in _KNOWN.get(module, ()):
            raise pickle.UnpicklingError(f"{module}.{name} is in no answer")
        return super().find_class(module, name)
