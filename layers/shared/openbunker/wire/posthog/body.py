"""A request's body as JSON text, once the encodings of PostHog's clients are undone. Pure.

Browsers send gzip without saying so, or a form whose `data` is base64; servers send plain JSON.
What is what is read off the bytes, as at the vendor. Part of that dialect.
"""

import binascii
import re
from urllib.parse import unquote_to_bytes

from openbunker.core.errors import RequestRefused
from openbunker.web.http import inflated

_GZIP = b"\x1f\x8b"
_JSON = re.compile(rb"\s*[\[{]")
_FORM = re.compile(rb"(?:^|&)data=([^&]*)")


def opened(data: bytes) -> bytes:
    """Return the JSON text of a body; what is in no known form stays as it is.

    Raises RequestRefused for gzip that does not inflate or that grows beyond the limit.
    """
    if data.startswith(_GZIP):
        data = inflated(data, "gzip")
    if _JSON.match(data):
        return data
    found = _FORM.search(data)
    if found:
        data = unquote_to_bytes(found[1].replace(b"+", b" "))
    return data if _JSON.match(data) else _from_base64(data)


def kept(data: bytes) -> bytes:
    """Return the same for keeping; nothing of a body that cannot be read: a key may be in it."""
    try:
        text = opened(data)
    except RequestRefused:
        return b""
    return text if _JSON.match(text) else b""


def _from_base64(data: bytes) -> bytes:
    """Return the JSON text in a base64 text, whose `+` a form may have made spaces; else itself."""
    text = data.strip().replace(b" ", b"+")
    try:
        found = binascii.a2b_base64(text + b"=" * (-len(text) % 4))
    except ValueError:
        return data
    return found if _JSON.match(found) else data
