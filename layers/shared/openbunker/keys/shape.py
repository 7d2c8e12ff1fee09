"""How key texts look, so that a person or a secret scanner knows one when they see it. Pure.

Secret keys carry a prefix that tells their kind and end in a checksum, so that a mistyped or
invented one is refused without asking a store. Keys that a vendor's page source shows (a
Databuddy client id, a NanoSights project key) keep the vendor's look, so that the vendor's own
clients take them. Randomness is an argument: a function from a count to that many bytes.
"""

from collections.abc import Callable
from zlib import crc32

from openbunker.keys.model import KeyKind

PREFIXES = {
    KeyKind.WRITE: "obw_",
    KeyKind.QUERY: "obq_",
    KeyKind.DELETE: "obd_",
    KeyKind.MASTER: "obm_",
}
# For secret scanners; docs/manage.md repeats it.
PATTERN = r"\bob[wqdm]_[0-9a-z]{46}\b"
_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"
_SECRET_BYTES = 25
_SECRET_DIGITS = 39  # 200 bits in base 36
_CHECKSUM_DIGITS = 7  # 32 bits in base 36
_PREFIX_LENGTH = 4
_SECRET_LENGTH = _PREFIX_LENGTH + _SECRET_DIGITS + _CHECKSUM_DIGITS
_OURS = frozenset(PREFIXES.values())
# What comes along when a key is copied.
_AROUND = " \t\r\n\v\f\u00a0\u200b\ufeff\"'`<>{}[]$:;,=\u201c\u201d"
_WRAPPED = "The key has something around it, or capitals: it begins with its prefix, such as obw_."
PROJECT_KEY_LENGTH = 13
MAX_LENGTH = 256

RandomBytes = Callable[[int], bytes]


def secret(kind: KeyKind, random_bytes: RandomBytes) -> str:
    """Return a new secret key: a prefix, 200 random bits and a checksum, in base 36."""
    text = PREFIXES[kind] + _base36(random_bytes(_SECRET_BYTES), _SECRET_DIGITS)
    return text + _checksum(text)


def well_formed(text: str) -> bool:
    """Return whether a store need be asked: False for what nobody was ever given.

    Whatever begins like a secret key must end in its checksum. Other texts may be a vendor's.
    """
    if text[:_PREFIX_LENGTH] not in _OURS:
        return 0 < len(text) <= MAX_LENGTH
    if len(text) != _SECRET_LENGTH or not text.isascii():
        return False
    digits = text[-_CHECKSUM_DIGITS:]
    if not digits.isalnum() or digits != digits.lower():  # int() takes more
        return False
    return int(digits, 36) == _crc(text[:-_CHECKSUM_DIGITS])


def damage_of(text: str) -> str | None:
    """Return what is wrong with a text that begins like a secret key; None for any other text.

    One that only begins so without what a copy brought along, or in small letters, is meant too.

    Tells nothing of which keys there are: the checksum is in the text itself.
    """
    if text[:_PREFIX_LENGTH] not in _OURS:
        bare = text.strip(_AROUND).lower().removeprefix("bearer ").strip(_AROUND)
        return _WRAPPED if bare[:_PREFIX_LENGTH] in _OURS else None
    if well_formed(text):
        return None
    if len(text) < _SECRET_LENGTH:
        return f"The key is cut off: {len(text)} of {_SECRET_LENGTH} characters arrived."
    return "The key is mistyped: it does not end in its checksum."


def public_project_key(random_bytes: RandomBytes) -> str:
    """Return a key as NanoSights puts it into a page: 13 base-36 characters (67 bits)."""
    return _base36(random_bytes(9), PROJECT_KEY_LENGTH)[-PROJECT_KEY_LENGTH:]


def uuid_text(random_bytes: RandomBytes) -> str:
    """Return a random UUID (version 4): a Databuddy client id, a Tracify site id."""
    value = bytearray(random_bytes(16))
    value[6] = value[6] & 0x0F | 0x40
    value[8] = value[8] & 0x3F | 0x80
    text = value.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def _checksum(text: str) -> str:
    return _base36(_crc(text).to_bytes(4, "big"), _CHECKSUM_DIGITS)


def _crc(text: str) -> int:
    return crc32(text.encode("ascii"))


def _base36(data: bytes, width: int) -> str:
    """Return a number in base 36 with zeros in front up to a width."""
    number = int.from_bytes(data, "big")
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = _BASE36[rest] + digits
    return digits.rjust(width, "0")
