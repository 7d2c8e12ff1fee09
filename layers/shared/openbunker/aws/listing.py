"""A listing of a bucket: what is asked for, and what a page of it says. Pure.

Keys are asked for in the escapes of URLs, so that a page holds none of XML's.
Source: S3 API reference, ListObjectsV2.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import quote, unquote

_OBJECT = re.compile(r"<Contents>(.*?)</Contents>", re.DOTALL)


def query(prefix: str, after: str = "", following: str | None = None) -> str:
    """Return the query of the page `following` one, or the first; in order, as it is signed."""
    asked = {"encoding-type": "url", "list-type": "2", "prefix": prefix}
    if after:
        asked["start-after"] = after
    if following:
        asked["continuation-token"] = following
    return "&".join(f"{name}={quote(asked[name], safe='')}" for name in sorted(asked))


def objects(page: bytes) -> Iterator[tuple[str, int]]:
    """Yield the objects of a page: key, and the time of writing in ms since the epoch.

    Raises ValueError for what is no page.
    """
    text = page.decode()
    if "<ListBucketResult" not in text:
        raise ValueError("S3 answered without a listing")
    for one in _OBJECT.findall(text):
        at = datetime.fromisoformat(_member(one, "LastModified"))
        yield unquote(_member(one, "Key")), int(at.timestamp() * 1000)


def following(page: bytes) -> str | None:
    """Return what names the next page, None after the last one."""
    text = page.decode()
    if _member(text, "IsTruncated") != "true":
        return None
    # The one text that S3 makes up itself: of base64, and so without escapes.
    return _member(text, "NextContinuationToken")


def _member(text: str, name: str) -> str:
    found = re.search(f"<{name}>(.*?)</{name}>", text, re.DOTALL)
    if found is None:
        raise ValueError(f"S3 answered a listing without {name}")
    return found[1]
