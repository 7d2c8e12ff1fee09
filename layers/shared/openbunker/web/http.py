"""Requests and replies as API Gateway knows them: payload formats 1.0 and 2.0, Function URLs.

Undoes base64 and Content-Encoding within the size limit. Knows no vendor and no JSON schema.
Sources: API Gateway developer guide, "AWS Lambda proxy integrations for HTTP APIs"; RFC 9110.
"""

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from openbunker.core import jsontext
from openbunker.core.errors import RequestRefused
from openbunker.core.reasons import Reason

MAX_BODY_BYTES = 1024 * 1024
REASON_HEADER = "x-openbunker-reason"
EVENT_ID_HEADER = "x-openbunker-event-id"
REFUSED_ID_HEADER = "x-openbunker-refused-id"
NOTICE_HEADER = "x-openbunker-notice"
# Asked of a write route: answer when a question can find the events. One machine can; no function.
WAIT_HEADER, WAIT_VISIBLE, WAIT_IGNORED = "x-openbunker-wait", "visible", "ignored"
RETRY_AFTER_SECONDS = 2

ACCEPTED_ENCODINGS = "gzip, deflate"

_to_json = jsontext.writer(json.JSONEncoder())
_WINDOW_BITS = {"gzip": 31, "x-gzip": 31, "deflate": zlib.MAX_WBITS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request. Header names are lower case; a repeated header is one, joined by commas,
    and of repeated query names the first counts (docs/wire/edges.md).

    `raw_body` is as the gateway handed it over; `body()` undoes the encodings.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    raw_body: str = ""
    is_base64: bool = False
    source_ip: str = ""

    @classmethod
    def from_gateway(cls, event: Mapping[str, Any]) -> "Request":
        """Return the request of a gateway event. Raises RequestRefused for any other dict."""
        try:
            found = _http_api(event) if "rawPath" in event else _rest_api(event)
            return cls(**found, **_common(event))
        except (AttributeError, LookupError, TypeError, ValueError):
            text = "This is not an API Gateway event; see events/."
            raise RequestRefused(Reason.NOT_A_GATEWAY_EVENT, text) from None

    def header(self, name: str) -> str | None:
        """Return a header by its lower-case name, stripped, or None when absent or empty."""
        return (self.headers.get(name) or "").strip() or None

    def body(self) -> bytes:
        """Return the body, inflated. Raises RequestRefused above MAX_BODY_BYTES."""
        return inflated(self._transferred(), self.header("content-encoding") or "identity")

    def beginning(self, size: int) -> bytes:
        """Return at most so many bytes of the body, inflated; none where it does not inflate."""
        try:
            return beginning_of(self._transferred(), self.header("content-encoding"), size)
        except RequestRefused:
            return b""

    def _transferred(self) -> bytes:
        if not self.is_base64:
            return self.raw_body.encode("utf-8", "surrogatepass")
        try:
            return base64.b64decode(self.raw_body, validate=True)
        except ValueError:
            raise RequestRefused(Reason.INVALID_ENCODING, "The body is not base64.") from None


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: a status, a JSON body (None: no body) and headers.

    `text` is a body that is not JSON, in place of `body`, and `data` one that is no text; the
    headers name its content-type.
    `cause` is what a service said of a fault on the way: for the log, it is never sent.
    """

    status: int
    body: Mapping[str, Any] | None
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    data: bytes = b""
    cause: str = ""

    def with_headers(self, headers: Mapping[str, str]) -> "Reply":
        """Return the same reply with more headers; the new ones win."""
        all_headers = {**self.headers, **headers}
        return Reply(self.status, self.body, all_headers, self.text, self.data, self.cause)

    def to_gateway(self) -> dict[str, Any]:
        """Return the answer in the form that both payload formats accept."""
        if self.data:
            body = base64.b64encode(self.data).decode()
            told = {"statusCode": self.status, "headers": dict(self.headers), "body": body}
            return {**told, "isBase64Encoded": True}
        if self.body is None:
            return {"statusCode": self.status, "headers": dict(self.headers), "body": self.text}
        headers = {"content-type": "application/json", **self.headers}
        return {"statusCode": self.status, "headers": headers, "body": _to_json(self.body)}


def refusal_headers(reason: Reason, after_seconds: int | None = None) -> dict[str, str]:
    """Return the headers that go with every refusal, in every dialect."""
    headers = {REASON_HEADER: reason.value}
    if reason.facts.retryable:
        headers["retry-after"] = str(after_seconds or RETRY_AFTER_SECONDS)
    if reason is Reason.UNSUPPORTED_ENCODING:
        headers["accept-encoding"] = ACCEPTED_ENCODINGS  # RFC 9110, 15.5.16
    return headers


def _http_api(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return what payload format 2.0 names its own way. Raises for another shape."""
    http = event["requestContext"]["http"]
    return {
        "method": http["method"].upper(),
        "path": _routed(event["rawPath"], str(event.get("routeKey") or "").partition(" ")[2]),
        "query": _first_of_each(event.get("rawQueryString") or ""),
        "source_ip": str(http.get("sourceIp") or ""),
    }


def _rest_api(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return what payload format 1.0 names its own way. Raises for another shape."""
    context = event.get("requestContext") or {}
    # The plain mapping holds the last value of a repeated name.
    many = event.get("multiValueQueryStringParameters") or {}
    first = {name: values[0] for name, values in many.items()}
    return {
        "method": event["httpMethod"].upper(),
        "path": _routed(event["path"], str(event.get("resource") or "")),
        "query": _texts(first or event.get("queryStringParameters")),
        "source_ip": str((context.get("identity") or {}).get("sourceIp") or ""),
    }


def _common(event: Mapping[str, Any]) -> dict[str, Any]:
    body = event.get("body") or ""
    if not isinstance(body, str):
        raise TypeError("the body of a gateway event is text")
    # Payload 1.0 names repeats apart; 2.0 has joined them already.
    many = event.get("multiValueHeaders") or {}
    joined = {name: ",".join(values) for name, values in many.items()}
    headers = _texts(joined or event.get("headers"))
    return {
        "headers": {name.lower(): value for name, value in headers.items()},
        "raw_body": body,
        "is_base64": bool(event.get("isBase64Encoded")),
    }


def _texts(given: Mapping[Any, Any] | None) -> dict[str, str]:
    return {str(name): str(value) for name, value in (given or {}).items() if value is not None}


def _routed(path: str, route: str) -> str:
    """Return the path without what a custom domain's mapping puts before the route's own.

    A path of a route's shape has as many segments as the route; `{proxy+}` stands for any number.
    Source: API Gateway developer guide, "Custom domain names for HTTP APIs", API mappings.
    """
    # Function URLs are printed with a trailing slash, so clients ask for //batch.
    path = "/" + path.lstrip("/")
    if path == route:
        return path
    own = ["", *route.lstrip("/").split("/")]
    if not route.startswith("/") or "+" in route:
        return path
    if own == ["", ""]:
        return "/"
    parts = path.split("/")
    tail = parts[-(len(own) - 1) :]
    fits = len(tail) == len(own) - 1 and all(
        mine == theirs or theirs.startswith("{") for mine, theirs in zip(tail, own[1:], strict=True)
    )
    return "/" + "/".join(tail) if fits else path


def _first_of_each(query: str) -> dict[str, str]:
    found: dict[str, str] = {}
    if not query:
        return found
    for name, value in parse_qsl(query, keep_blank_values=True):
        found.setdefault(name, value)
    return found


def inflated(data: bytes, encoding: str) -> bytes:
    """Return a body as its encoding says. Raises RequestRefused above MAX_BODY_BYTES."""
    encoding = encoding.lower()
    if encoding == "identity":
        plain = data
    elif encoding in _WINDOW_BITS:
        raw = encoding == "deflate" and not _has_zlib_header(data)
        plain = _inflate_bounded(data, -zlib.MAX_WBITS if raw else _WINDOW_BITS[encoding])
    else:
        text = f"Content-Encoding {encoding[:40]!r} is not supported; use gzip or deflate."
        raise RequestRefused(Reason.UNSUPPORTED_ENCODING, text)
    if len(plain) > MAX_BODY_BYTES:
        text = "Payload too large: a body has at most 1 MiB, counted after inflation."
        raise RequestRefused(Reason.PAYLOAD_TOO_LARGE, text)
    return plain


def beginning_of(data: bytes, encoding: str | None, size: int) -> bytes:
    """Return at most so many bytes of a body, inflated; none where it does not inflate."""
    encoding = (encoding or "identity").strip().lower()
    if encoding == "identity":
        return data[:size]
    raw = encoding == "deflate" and not _has_zlib_header(data)
    try:
        bits = -zlib.MAX_WBITS if raw else _WINDOW_BITS[encoding]
        return zlib.decompressobj(bits).decompress(data, size)
    except (KeyError, zlib.error):
        return b""


def _has_zlib_header(data: bytes) -> bool:
    # RFC 9110 means RFC 1950 by "deflate", but clients also send the bare stream of RFC 1951.
    return len(data) >= 2 and data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0


def _inflate_bounded(data: bytes, window_bits: int) -> bytes:
    """Inflate at most one byte more than the limit: enough to know that it is too much."""
    inflater = zlib.decompressobj(window_bits)
    try:
        inflated = inflater.decompress(data, MAX_BODY_BYTES + 1)
    except zlib.error:
        text = "The body does not inflate as its Content-Encoding says."
        raise RequestRefused(Reason.INVALID_ENCODING, text) from None
    if len(inflated) > MAX_BODY_BYTES:
        return inflated
    if not inflater.eof:
        raise RequestRefused(Reason.INVALID_ENCODING, "The compressed body is cut off.")
    if inflater.unused_data:
        # gzip may hold several members; reading the first alone would lose the rest unseen.
        text = "The body holds more than one compressed member; send one."
        raise RequestRefused(Reason.INVALID_ENCODING, text)
    return inflated
