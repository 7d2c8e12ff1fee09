"""How key texts look, so that a person or a secret scanner knows one when they see it. Pure.

Secret keys carry a prefix that tells their kind. Keys that a vendor's page source shows (a
Databuddy client id, a NanoSights project key) keep the vendor's look, so that the vendor's own
clients take them. Randomness is an argument: a function from a count to that many bytes.
"""

from collections.abc import Callable

from openbunker.keys.model import KeyKind

PREFIXES = {
    KeyKind.WRITE: "obw_",
    KeyKind.QUERY: "obq_",
    KeyKind.DELETE: "obd_",
    KeyKind.MASTER: "obm_",
}
_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"
_SECRET_BYTES = 25
PROJECT_KEY_LENGTH = 13

RandomBytes = Callable[[int], bytes]


def secret(kind: KeyKind, random_bytes: RandomBytes) -> str:
    """Return a new secret key: a prefix and 200 random bits in base 36."""
    return PREFIXES[kind] + _base36(random_bytes(_SECRET_BYTES))


def public_project_key(random_bytes: RandomBytes) -> str:
    """Return a key as NanoSights puts it into a page: 13 base-36 characters (67 bits)."""
    return _base36(random_bytes(9))[-PROJECT_KEY_LENGTH:].rjust(PROJECT_KEY_LENGTH, "0")


def uuid_text(random_bytes: RandomBytes) -> str:
    """Return a random UUID (version 4): a Databuddy client id, a Tracify site id."""
    value = bytearray(random_bytes(16))
    value[6] = value[6] & 0x0F | 0x40
    value[8] = value[8] & 0x3F | 0x80
    text = value.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def _base36(data: bytes) -> str:
    number = int.from_bytes(data, "big")
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = _BASE36[rest] + digits
    return digits
