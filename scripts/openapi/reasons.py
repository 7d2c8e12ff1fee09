"""Reasons that belong together in the OpenAPI document: of a key, a body, a question. Data."""

from openbunker.core.reasons import Reason

ANY_ROUTE = (Reason.NOT_FOUND, Reason.METHOD_NOT_ALLOWED, Reason.MALFORMED_HTTP)
OF_A_KEY = (
    Reason.MISSING_KEY,
    Reason.UNKNOWN_KEY,
    Reason.MALFORMED_KEY,
    Reason.KEY_STORE_UNAVAILABLE,
)
OF_A_BODY = (
    Reason.MALFORMED_JSON,
    Reason.INVALID_UTF8,
    Reason.INVALID_ENCODING,
    Reason.UNSUPPORTED_ENCODING,
    Reason.PAYLOAD_TOO_LARGE,
)
# What an engine says of a statement that it could not run.
OF_AN_ENGINE = (Reason.QUERY_TOO_LARGE, Reason.QUERY_UNAVAILABLE, Reason.QUERY_TIMEOUT)
OF_A_QUESTION = (Reason.WRONG_KEY_KIND, Reason.INVALID_QUERY, *OF_AN_ENGINE)
OF_A_FORM = (Reason.NOT_ACCEPTABLE, Reason.ANSWER_TOO_LARGE)
