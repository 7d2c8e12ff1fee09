"""What a client may be told, checked once. Says at construction what would fail later."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from openbunker_client.model import Overflow, Unsent

MAX_BATCH = 100  # the service takes no more events in a request


class Settings(NamedTuple):
    """The arguments of `Client`, checked."""

    client_id: str
    api_url: str
    batch_size: int
    batch_timeout: float
    max_queue_size: int
    overflow: Overflow
    spool: Path | None
    on_drop: Callable[[Unsent], object] | None
    on_refused: Callable[[Unsent], object] | None
    gzip: bool
    timeout: float
    max_retries: int
    query_key: str | None
    exit_timeout: float

    @property
    def batch_url(self) -> str:
        """Where batches go. Function URLs are printed with a slash at their end."""
        return f"{self.base_url}/batch?client_id={quote(self.client_id, safe='')}"

    @property
    def base_url(self) -> str:
        """`api_url` without slashes at its end."""
        return self.api_url.rstrip("/")


def check(settings: Settings) -> Settings:
    """Return the settings. Raises ValueError that names the first one that cannot work."""
    rules = (
        ("client_id", _key(settings.client_id)),
        ("api_url", _address(settings.api_url)),
        ("batch_size", _whole(settings.batch_size, 1, MAX_BATCH)),
        ("batch_timeout", _seconds(settings.batch_timeout)),
        ("max_queue_size", _whole(settings.max_queue_size, 1)),
        ("overflow", settings.overflow in ("block", "drop")),
        ("timeout", _seconds(settings.timeout) and settings.timeout > 0),
        ("max_retries", _whole(settings.max_retries, 0)),
        ("exit_timeout", _seconds(settings.exit_timeout)),
        ("spool", settings.spool is None or settings.spool.parts),
        ("on_drop", settings.on_drop is None or callable(settings.on_drop)),
        ("on_refused", settings.on_refused is None or callable(settings.on_refused)),
        ("gzip", type(settings.gzip) is bool),
        ("query_key", settings.query_key is None or _key(settings.query_key)),
    )
    for name, holds in rules:
        if not holds:
            # A key that is wrong is no text for a log, so no value is shown.
            raise ValueError(f"{name}: {_RULES[name]}")
    return settings


def _key(value: object) -> bool:
    """Return whether a value may be a key; one read from a file with its line's end is none."""
    plain = isinstance(value, str) and value.isascii() and value.isprintable()
    return isinstance(value, str) and plain and bool(value) and value == value.strip()


def _address(value: object) -> bool:
    """Return whether a value is an address that http.client takes; it takes no credentials."""
    if not isinstance(value, str) or not value.isprintable() or " " in value:
        return False
    try:
        parts = urlsplit(value)
        known = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # of a port or of brackets
        return False
    plain = parts.path.isascii() and not parts.query and not parts.fragment
    return bool(known) and plain and "@" not in parts.netloc


def _whole(value: object, least: int, most: float = math.inf) -> bool:
    """Return whether a setting is a whole number; one from the environment is still text."""
    return type(value) is int and least <= value <= most


def _seconds(value: object) -> bool:
    return isinstance(value, int | float) and 0 <= value <= 3600


_RULES = {
    "client_id": "a WRITE key; it is missing, empty, or has blanks around it",
    "api_url": "the collector's address, as in https://collect.example.org/path, and no more",
    "batch_size": f"a whole number, 1 to {MAX_BATCH}",
    "batch_timeout": "seconds, 0 to 3600",
    "max_queue_size": "a whole number, at least 1",
    "overflow": "'block' or 'drop'",
    "timeout": "seconds, more than 0, at most 3600",
    "max_retries": "a whole number, at least 0",
    "exit_timeout": "seconds, 0 to 3600",
    "spool": "a folder; it is empty",
    "on_drop": "something to call",
    "on_refused": "something to call",
    "gzip": "True or False",
    "query_key": "a QUERY key; it is empty, or has blanks around it",
}
