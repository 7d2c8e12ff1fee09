"""The closed set of codes for everything that is not `stored`, and what hangs on each code.

Codes are contract (the `x-openbunker-reason` header); texts for people live in the dialects.
No I/O, no vendor words. `docs/reasons.md` repeats this table and a test compares the two.
"""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why an item or a request was not stored."""

    MISSING_KEY = "missing_key"
    UNKNOWN_KEY = "unknown_key"
    MALFORMED_KEY = "malformed_key"
    WRONG_KEY_KIND = "wrong_key_kind"
    KEY_NOT_FOR_DIALECT = "key_not_for_dialect"
    SCOPED_KEY = "scoped_key"
    ORIGIN_NOT_ALLOWED = "origin_not_allowed"
    SITE_NOT_ALLOWED = "site_not_allowed"
    NOT_FROM_EDGE = "not_from_edge"
    MALFORMED_JSON = "malformed_json"
    INVALID_UTF8 = "invalid_utf8"
    INVALID_ENCODING = "invalid_encoding"
    UNSUPPORTED_ENCODING = "unsupported_encoding"
    INVALID_SCHEMA = "invalid_schema"
    UNKNOWN_EVENT_TYPE = "unknown_event_type"
    TOO_MANY_EVENT_NAMES = "too_many_event_names"
    UNSTORABLE_VALUE = "unstorable_value"
    BATCH_NOT_A_LIST = "batch_not_a_list"
    BATCH_TOO_LARGE = "batch_too_large"
    PAYLOAD_TOO_LARGE = "payload_too_large"
    EVENT_TOO_LARGE = "event_too_large"
    OVER_QUOTA = "over_quota"
    RATE_LIMITED = "rate_limited"
    TOO_MANY_ERASURES = "too_many_erasures"
    ERASURE_UNAVAILABLE = "erasure_unavailable"
    INVALID_QUERY = "invalid_query"
    NOT_ACCEPTABLE = "not_acceptable"
    ANSWER_TOO_LARGE = "answer_too_large"
    LIMIT_REACHED = "limit_reached"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    MALFORMED_HTTP = "malformed_http"
    HEADERS_TOO_LARGE = "headers_too_large"
    REQUEST_TIMEOUT = "request_timeout"
    SERVER_BUSY = "server_busy"
    NOT_A_GATEWAY_EVENT = "not_a_gateway_event"
    STREAM_UNAVAILABLE = "stream_unavailable"
    KEY_STORE_UNAVAILABLE = "key_store_unavailable"
    QUERY_TOO_LARGE = "query_too_large"
    QUERY_UNAVAILABLE = "query_unavailable"
    QUERY_TIMEOUT = "query_timeout"
    INTERNAL_ERROR = "internal_error"

    @property
    def facts(self) -> "Facts":
        """Status, retry advice and severity of this code."""
        return FACTS[self]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a code means to a client (status, retryable) and to an operator (unexpected).

    `status` is the HTTP status where the vendor does not demand another one; `advice` is the
    next step, for the table in the docs.
    """

    status: int
    advice: str
    retryable: bool = False
    unexpected: bool = False


FACTS: dict[Reason, Facts] = {
    Reason.MISSING_KEY: Facts(401, "send the key where the dialect expects it"),
    Reason.UNKNOWN_KEY: Facts(401, "check the key with /v1/keys/validate"),
    Reason.MALFORMED_KEY: Facts(401, "copy the key whole: it is cut off or mistyped"),
    Reason.WRONG_KEY_KIND: Facts(
        401, "use a WRITE key to write, a QUERY key to read, a MASTER key to manage"
    ),
    Reason.KEY_NOT_FOR_DIALECT: Facts(401, "use a key that lists this dialect"),
    Reason.SCOPED_KEY: Facts(403, "use a key that is not bound to one customer, or name that one"),
    Reason.ORIGIN_NOT_ALLOWED: Facts(403, "add the origin to the key's allowed origins"),
    Reason.SITE_NOT_ALLOWED: Facts(400, "use a site id of the key's project"),
    Reason.NOT_FROM_EDGE: Facts(403, "send it to the address in front, not to the origin"),
    Reason.MALFORMED_JSON: Facts(400, "mend the JSON at the line and column that are named"),
    Reason.INVALID_UTF8: Facts(400, "send the body as UTF-8"),
    Reason.INVALID_ENCODING: Facts(400, "send a body that inflates as its Content-Encoding says"),
    Reason.UNSUPPORTED_ENCODING: Facts(415, "send the body plain, as gzip or as deflate"),
    Reason.INVALID_SCHEMA: Facts(400, "correct the field that is named"),
    Reason.UNKNOWN_EVENT_TYPE: Facts(400, "use one of the event types of the dialect"),
    Reason.TOO_MANY_EVENT_NAMES: Facts(
        400, "use a name that the project has already; put what varies into a field"
    ),
    Reason.UNSTORABLE_VALUE: Facts(
        400, "send finite numbers and text without lone surrogates, ids and names without NUL"
    ),
    Reason.BATCH_NOT_A_LIST: Facts(400, "send a JSON array of events"),
    Reason.BATCH_TOO_LARGE: Facts(400, "send fewer events in a request"),
    Reason.PAYLOAD_TOO_LARGE: Facts(413, "send less than 1 MiB, counted after inflation"),
    Reason.EVENT_TOO_LARGE: Facts(413, "send an event of less than 1,000 KiB"),
    Reason.OVER_QUOTA: Facts(
        429, "do not resend: it is kept, and can be replayed once the quota is raised"
    ),
    Reason.RATE_LIMITED: Facts(429, "send it again after Retry-After", retryable=True),
    Reason.TOO_MANY_ERASURES: Facts(
        503, "ask again once some of the project's erasures are done", retryable=True
    ),
    Reason.ERASURE_UNAVAILABLE: Facts(503, "ask again later: nobody was erased", retryable=True),
    Reason.INVALID_QUERY: Facts(400, "correct the element that is named"),
    Reason.NOT_ACCEPTABLE: Facts(406, "accept one of the media types that are named"),
    Reason.ANSWER_TOO_LARGE: Facts(400, "ask for fewer rows or columns"),
    Reason.LIMIT_REACHED: Facts(409, "delete what is not needed any more"),
    Reason.NOT_FOUND: Facts(404, "see the README for the routes"),
    Reason.METHOD_NOT_ALLOWED: Facts(405, "use a method of the Allow header"),
    Reason.MALFORMED_HTTP: Facts(400, "send a well-formed HTTP/1.1 request"),
    Reason.HEADERS_TOO_LARGE: Facts(431, "send fewer or shorter headers, or a shorter address"),
    Reason.REQUEST_TIMEOUT: Facts(408, "send the request again, at once", retryable=True),
    Reason.SERVER_BUSY: Facts(503, "send the same request again later", retryable=True),
    Reason.NOT_A_GATEWAY_EVENT: Facts(
        400, "invoke the function with an API Gateway event; see events/"
    ),
    Reason.STREAM_UNAVAILABLE: Facts(503, "send the same request again later", retryable=True),
    Reason.KEY_STORE_UNAVAILABLE: Facts(503, "send the same request again later", retryable=True),
    Reason.QUERY_TOO_LARGE: Facts(400, "ask about a shorter period"),
    Reason.QUERY_UNAVAILABLE: Facts(503, "ask again later", retryable=True),
    Reason.QUERY_TIMEOUT: Facts(
        504, "ask again later; ask about a shorter period if it stays", retryable=True
    ),
    Reason.INTERNAL_ERROR: Facts(
        503, "send the same request again later; tell the operator", retryable=True, unexpected=True
    ),
}
