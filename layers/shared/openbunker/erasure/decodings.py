"""How what stands in a text is decoded, one layer at a time: escapes, entities, base64, gzip. Pure.

Each takes what it cannot decode as it is. Decides nothing about what is found.
"""

import re
import zlib
from base64 import b64decode
from collections.abc import Callable, Iterator, Sequence
from html import unescape
from urllib.parse import unquote, unquote_plus

# What of a gzip stream is unpacked at most.
MAX_UNPACKED = 1 << 20
# So many letters of base64 are three of a text: shorter runs are words.
MIN_RUN = 4
_ESCAPE = re.compile(
    r"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})|(.))",
    re.DOTALL,
)
_PERCENT_U = re.compile(r"%u([0-9a-fA-F]{4})")
_PLAIN = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_RUN = re.compile(rf"[A-Za-z0-9+/_-]{{{MIN_RUN},}}")
_WHOLE = re.compile(r"[A-Za-z0-9+/_\s-]+={0,2}")
_URLSAFE = str.maketrans("-_", "+/", "= \t\r\n")
_GZIP, _GZIP_BITS = b"\x1f\x8b\x08", 47  # with a header of gzip or of zlib
_CONTROLS = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f"
_READABLE = re.compile(rf"[^{_CONTROLS}\ufffd]{{4,}}")
_CONTROL = re.compile(f"[{_CONTROLS}]")


class Endless(Exception):
    """A packed text holds more than is looked at."""


def unescaped(text: str) -> str:
    """Return a text without its escapes; halves of a surrogate pair become their character."""
    if "\\" not in text:
        return text
    return _paired(_ESCAPE.sub(_character, text))


def percent_u(text: str) -> str:
    """Return a text without the escapes of JavaScript's old `escape`."""
    return _paired(_PERCENT_U.sub(lambda found: chr(int(found[1], 16)), text))


def latin(text: str) -> str:
    """Return a percent-encoded text, its bytes taken for Latin-1."""
    return unquote(text, "latin-1")


UNDO: Sequence[Callable[[str], str]] = (
    unescaped, unquote, unquote_plus, latin, percent_u, unescape,
)  # fmt: skip


def packed(text: str) -> Iterator[bytes]:
    """Yield the bytes that a text is in base64, or that a part of it between other signs is."""
    if _WHOLE.fullmatch(text.rstrip()):
        yield from _bytes_of(text.translate(_URLSAFE))
    for run in _RUN.findall(text):
        parts = {run, *run.split("/")} if run != text else set(run.split("/")) - {run}
        for part in parts:
            yield from _bytes_of(part.translate(_URLSAFE))


def packed_within(text: str) -> Iterator[bytes]:
    """Yield the bytes of all that may be base64 in a text, wherever within a run it begins."""
    for run in _RUN.findall(text):
        letters = run.translate(_URLSAFE)
        for start in range(4):
            yield from _bytes_of(letters[start:])


def whole_texts(data: bytes) -> Iterator[str]:
    """Yield the text that bytes are, unpacked if they are gzip; nothing where they are none."""
    stream = unpacked(data)
    if stream is not None:
        data = stream
    if b"\0" in data:
        yield from _wide(data)
        return
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return
    if not _CONTROL.search(text):
        yield text


def texts(data: bytes) -> Iterator[str]:
    """Yield what can be read of bytes."""
    at = data.find(_GZIP)
    stream = unpacked(data[at:] if at >= 0 else data)
    if stream is not None:
        data = stream
    if b"\0" in data:
        yield from _wide(data)
    text = data.decode("utf-8", "replace")
    if "\ufffd" not in text and not _CONTROL.search(text):
        yield text
        return
    yield from _READABLE.findall(text)
    yield from _READABLE.findall(data.decode("latin-1"))


def unpacked(data: bytes) -> bytes | None:
    """Return what a stream of gzip or zlib holds, as far as it goes; None for other bytes.

    Raises Endless.
    """
    if not data.startswith((_GZIP, b"x\x01", b"x\x5e", b"x\x9c", b"x\xda")):
        return None
    stream = zlib.decompressobj(_GZIP_BITS)
    try:
        text = stream.decompress(data, MAX_UNPACKED)
    except zlib.error:
        return None
    if stream.unconsumed_tail:
        raise Endless
    return text


def _wide(data: bytes) -> Iterator[str]:
    """Yield bytes as UTF-16, as far as they are."""
    even = data[: len(data) // 2 * 2]
    for encoding in ("utf-16-le", "utf-16-be"):
        yield even.decode(encoding, "replace").removeprefix("\ufeff")


def _bytes_of(letters: str) -> Iterator[bytes]:
    """Yield the bytes of base64 without its padding, what was cut off left out."""
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    if letters:
        try:
            yield b64decode(letters + "=" * (-len(letters) % 4), validate=True)
        except ValueError:
            return


def _character(found: re.Match[str]) -> str:
    code = found[1] or found[2] or found[3] or found[4]
    if code:
        value = int(code, 16)
        return chr(value) if value < 0x110000 else "\ufffd"
    return _PLAIN.get(found[5], found[5])


def _paired(text: str) -> str:
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
