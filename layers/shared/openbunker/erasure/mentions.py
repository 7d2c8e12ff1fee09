"""Whether a text that somebody sent names a person, in whatever spelling. Pure.

What parses as JSON is compared value by value, and names her wherever a value is her name once it
is decoded. What does not parse names her wherever her name then stands in it: it is kept only when
it holds no such thing. How texts are decoded is `readings`'.
"""

import re
from functools import cached_property

from openbunker.erasure.readings import Readings, read, read_loosely

# The end of a text that was cut off may be the beginning of a name; so much of it is a name.
MIN_PREFIX = 4
# Of so many characters one is allowed that stands for bytes that were no text: more of them, and
# the text was something else, a packed one perhaps.
READABLE = 16
_LOST = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffd]")


class Text:
    """A text that was sent, read once for however many names."""

    def __init__(self, text: str) -> None:
        self._text = text

    def names(self, name: str) -> bool:
        """Return whether the text names a person."""
        found = self._found
        return found.endless or name in found.values or _stands(name, found)

    @cached_property
    def unreadable(self) -> bool:
        """Whether the text was no text when it was sent: nobody can say whom it names."""
        return READABLE * len(_LOST.findall(self._text)) > len(self._text)

    @cached_property
    def _found(self) -> Readings:
        return read(self._text)


class LooseText:
    """A text that is no JSON, or only a part of it, read once for however many names."""

    def __init__(self, text: str) -> None:
        self._text = text

    def may_name(self, name: str) -> bool:
        """Return whether the text may name a person: False only when it does not."""
        return self._found.endless or _stands(name, self._found)

    def says(self, name: str) -> bool:
        """Return whether the name stands in the text as a word of its own."""
        texts = [one for one in self._found.texts if name in one]
        word = rf"(?<!\w){re.escape(name)}(?!\w)"
        return self._found.endless or any(re.search(word, one) for one in texts)

    @cached_property
    def _found(self) -> Readings:
        return read_loosely(self._text)


def mentions(text: str, name: str) -> bool:
    """Return whether a text names a person."""
    return Text(text).names(name)


def may_name(text: str, name: str) -> bool:
    """Return whether a text that is no JSON may name a person: False only when it does not."""
    return LooseText(text).may_name(name)


def ends_within(text: str, name: str) -> bool:
    """Return whether a text ends with the beginning of a name, as one that was cut off may."""
    least = min(MIN_PREFIX, len(name))
    return any(text.endswith(name[:length]) for length in range(least, len(name)))


def _stands(name: str, found: Readings) -> bool:
    if any(name in one or ends_within(one, name) for one in found.texts):
        return True
    lossy = _lossy(name)
    return lossy is not None and any(lossy.search(one) for one in found.texts if "\ufffd" in one)


def _lossy(name: str) -> re.Pattern[str] | None:
    """Return how a name stands in a text whose bytes were taken for UTF-8, and were none."""
    if name.isascii():
        return None
    # One class for letters in a row: apart, they could share lost signs in too many ways to try.
    runs = re.findall("[\x00-\x7f]+|[^\x00-\x7f]+", name)
    signs = (re.escape(one) if one.isascii() else f"[{re.escape(one)}\ufffd]+" for one in runs)
    return re.compile("".join(signs))
