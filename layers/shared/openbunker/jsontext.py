"""JSON text -> Python values, strictly, with errors that name line and column.

Refuses NaN and Infinity, which JSON (RFC 8259) does not have. Of a repeated key the last counts.
Knows nothing of events.
"""

import json
from typing import Any, NoReturn

from openbunker.errors import RequestRefused
from openbunker.reasons import Reason


def parse(body: bytes) -> Any:
    """Return the value of a JSON text in UTF-8 (a leading BOM is ignored).

    Raises RequestRefused with INVALID_UTF8 or MALFORMED_JSON; the message names the place.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"The body is not UTF-8: byte {error.start} cannot be decoded."
        raise RequestRefused(Reason.INVALID_UTF8, message) from None
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}"
        raise RequestRefused(Reason.MALFORMED_JSON, f"{error.msg} at {place}") from None
    except RecursionError:
        raise RequestRefused(Reason.MALFORMED_JSON, "The JSON is nested too deeply.") from None
    except ValueError:  # an integer with more digits than Python converts
        text = "A number has more digits than can be read."
        raise RequestRefused(Reason.MALFORMED_JSON, text) from None


def _refuse_constant(name: str) -> NoReturn:
    raise RequestRefused(Reason.MALFORMED_JSON, f"{name} is not a JSON value.")
