"""What a client may be told, checked once. Says at construction what would fail later."""

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
    parts = urlsplit(settings.api_url) if isinstance(settings.api_url, str) else None
    host = parts is not None and parts.scheme in ("http", "https") and parts.hostname
    rules = (
        ("client_id", isinstance(settings.client_id, str) and settings.client_id.strip()),
        ("api_url", host and parts is not None and not parts.query and not parts.fragment),
        ("batch_size", 1 <= settings.batch_size <= MAX_BATCH),
        ("batch_timeout", 0 <= settings.batch_timeout <= 3600),
        ("max_queue_size", settings.max_queue_size >= 1),
        ("overflow", settings.overflow in ("block", "drop")),
        ("timeout", 0 < settings.timeout <= 3600),
        ("max_retries", settings.max_retries >= 0),
        ("exit_timeout", 0 <= settings.exit_timeout <= 3600),
    )
    for name, holds in rules:
        if not holds:
            # A key that is wrong is no text for a log, so no value is shown.
            raise ValueError(f"{name}: {_RULES[name]}")
    return settings


_RULES = {
    "client_id": "a WRITE key; it is missing or empty",
    "api_url": "the collector's address, as in https://collect.example.org, without a query",
    "batch_size": f"1 to {MAX_BATCH}",
    "batch_timeout": "seconds, 0 to 3600",
    "max_queue_size": "at least 1",
    "overflow": "'block' or 'drop'",
    "timeout": "seconds, more than 0, at most 3600",
    "max_retries": "at least 0",
    "exit_timeout": "seconds, 0 to 3600",
}
