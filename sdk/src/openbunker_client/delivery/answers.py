"""What a server's answer to a batch means for each of its events. Pure.

Knows Databuddy's shapes, ours and the hosted service's: a refusal may come as HTTP 200 with
`"status": "error"`, a bad event as an error in its place among good ones.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, Literal

from openbunker_client.model import Again, Answer, Refusal, Response, Settled, TooMuch

REASON = "x-openbunker-reason"
# The codes that may be sent again: docs/reasons.md of the server.
_RETRYABLE = frozenset(
    {"stream_unavailable", "key_store_unavailable", "internal_error", "rate_limited"}
)
_RETRYABLE_STATUS = frozenset({408, 425, 429})
_UNCLEAR_STATUS = frozenset({502, 504})  # a proxy's word for "it hung up" and "it never answered"
# About the request as a whole, yet one event may be the cause: found by sending fewer.
_DIVISIBLE_STATUS = frozenset({400, 413, 422})
_DIVISIBLE_TEXTS = frozenset({"Payload too large", "Batch too large", "Invalid event schema"})
_KEPT_BY_SERVER = "over_quota"  # comes as 429 too, but is never to be sent again
_LONGEST_TEXT = 500


def read(response: Response, count: int, wall: Callable[[], float]) -> Answer:
    """Return what the answer to a batch of `count` events means. Raises nothing."""
    status, code = response.status, response.headers.get(REASON, "")
    if status >= 500 or (status in _RETRYABLE_STATUS and code != _KEPT_BY_SERVER):
        after = _retry_after(response.headers, wall)
        cause = f"HTTP {status} {code}".rstrip()
        return Again(cause, after, suspect=status == 500, unclear=status in _UNCLEAR_STATUS)
    body = _parsed(response.body)
    if 200 <= status < 300:
        return _of_success(body, response, count, wall)
    if 300 <= status < 400:
        return Again(f"HTTP {status}: api_url answers with a redirect")
    if not isinstance(body, dict) and not code and status not in _DIVISIBLE_STATUS:
        # A proxy's page, while the collector is away or for one event that it will not let through.
        return Again(f"HTTP {status} with an answer that is none of a collector", suspect=True)
    refusal = Refusal(code or f"http_{status}", _message(body) or f"HTTP {status}")
    return TooMuch(refusal) if status in _DIVISIBLE_STATUS else _all(refusal, count)


def _of_success(body: Any, response: Response, count: int, wall: Callable[[], float]) -> Answer:
    code = response.headers.get(REASON, "")
    results = body.get("results") if isinstance(body, dict) else None
    if isinstance(results, list) and len(results) == count:
        found = [_result(one, code) for one in results]
        return Settled(
            found, f"HTTP {response.status} {code}", _retry_after(response.headers, wall)
        )
    if not isinstance(body, dict) or body.get("status") != "error":
        return Again(f"HTTP {response.status} with an answer that is none of a collector")
    message = _message(body)
    if code in _RETRYABLE:
        return Again(f"{code}: {message}", _retry_after(response.headers, wall))
    refusal = Refusal(code or "refused", message)
    return TooMuch(refusal) if message in _DIVISIBLE_TEXTS else _all(refusal, count)


def _result(result: Any, code: str) -> Refusal | Literal[True] | None:
    """Return the end of one event. The header names the worst reason in the batch, not each one."""
    if not isinstance(result, dict):
        return True
    if result.get("status") == "success":
        return None
    if result.get("errors"):
        return Refusal("invalid_schema", _message(result))
    return True if code in _RETRYABLE else Refusal(code or "refused", _message(result))


def _all(refusal: Refusal, count: int) -> Settled:
    return Settled([refusal] * count)


def _message(body: Any) -> str:
    """Return the server's words, with the place of each finding."""
    if not isinstance(body, dict):
        return ""
    text = str(body.get("message") or body.get("error") or "")
    errors = body.get("errors")
    told = [_finding(one) for one in errors[:5]] if isinstance(errors, list) else []
    return "; ".join([text, *filter(None, told)])[:_LONGEST_TEXT]


def _finding(error: Any) -> str:
    if not isinstance(error, dict):
        return ""
    path = error.get("path")
    where = ".".join(map(str, path)) if isinstance(path, list) else ""
    return f"{where}: {error.get('message', '')}" if where else str(error.get("message", ""))


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _retry_after(headers: Mapping[str, str], wall: Callable[[], float]) -> float | None:
    """Return the seconds that a server asks for: a number or a date, None when neither."""
    text = headers.get("retry-after", "").strip()
    try:
        seconds = float(text)
    except ValueError:
        seconds = _until(text, wall)
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _until(text: str, wall: Callable[[], float]) -> float:
    if not text:
        return math.nan
    from email.utils import parsedate_to_datetime  # noqa: PLC0415  rare: not at import

    try:
        return parsedate_to_datetime(text).timestamp() - wall()
    except (ValueError, OverflowError):
        return math.nan
