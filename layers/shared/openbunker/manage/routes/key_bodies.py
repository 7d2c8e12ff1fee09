"""What the routes of keys take: models, and what they say of a key's members. No I/O."""

import json
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, StringConstraints

from openbunker.core.errors import RequestRefused
from openbunker.core.reasons import Reason
from openbunker.manage.office import DEFAULT_PAGE, MAX_PAGE
from openbunker.manage.routes.route import Body
from openbunker.web import origins
from openbunker.wire.registry import DIALECTS

MAX_OVERLAP_SECONDS = 30 * 86_400
MAX_ORIGINS, MAX_SITES, MAX_FILTERS = 100, 1000, 50
MAX_FILTER_TEXT = 20_000  # far below an item of DynamoDB, which holds 400 KB
LAST_MS = 253_402_300_799_999  # the end of the year 9999, beyond which no time can be told
NAMES = tuple(dict.fromkeys(dialect.name for dialect in DIALECTS))
_UUID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"


def _origin(text: str) -> str:
    problem = origins.problem_of(text)
    if problem:
        raise ValueError(problem)
    return text


def _dialect(text: str) -> str:
    if text not in NAMES:
        raise ValueError(f"allowed: {', '.join(NAMES)}")
    return text


def _iso(given: object) -> object:
    """Refuse what pydantic would take for seconds or milliseconds since 1970, guessing which."""
    if given is not None and not (isinstance(given, str) and "T" in given.upper()):
        raise ValueError("is ISO 8601 text with an offset, such as 2030-01-01T00:00:00Z")
    return given


def _customer(text: str) -> str:
    if "\0" in text:
        raise ValueError("has no NUL")
    return text


Id = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Name = Annotated[str, StringConstraints(max_length=200)]
Limit = Annotated[int, Field(ge=1, le=MAX_PAGE)]
Overlap = Annotated[int, Field(ge=0, le=MAX_OVERLAP_SECONDS)]
Customer = Annotated[
    str, StringConstraints(min_length=1, max_length=1000), AfterValidator(_customer)
]
Origin = Annotated[str, StringConstraints(max_length=300), AfterValidator(_origin)]
Origins = Annotated[list[Origin], Field(max_length=MAX_ORIGINS)]
Sites = Annotated[
    list[Annotated[str, StringConstraints(pattern=_UUID)]], Field(max_length=MAX_SITES)
]
Dialects = Annotated[list[Annotated[str, AfterValidator(_dialect)]], Field(max_length=len(NAMES))]
Filters = Annotated[list[dict[str, Any]], Field(max_length=MAX_FILTERS)]
# Text with an offset; in JSON there is no other time.
Time = Annotated[AwareDatetime, Field(strict=False), BeforeValidator(_iso)]


class _Scoped(Body):
    """What a key may do. A member that is left out is the default, or stays as it is."""

    project_id: Id | None = None
    name: Name | None = None
    customer_identifier: Customer | None = None
    key_filter_data: Filters | None = None
    allowed_origins: Origins | None = None
    sites: Sites | None = None
    dialects: Dialects | None = None
    strict: bool | None = None
    expires_at: Time | None = None


class Create(_Scoped):
    """A new key."""

    type: Literal["WRITE", "QUERY", "DELETE"]


class Update(_Scoped):
    """Other members of a key."""

    key_id: Id


class List(Body):
    """A page of a project's keys."""

    project_id: Id | None = None
    limit: Limit = DEFAULT_PAGE
    cursor: Id | None = None


class Entries(List):
    """A page of a project's audit, or of what was done with one of its keys."""

    key_id: Id | None = None


class Named(Body):
    """One key."""

    key_id: Id
    project_id: Id | None = None


class Rotate(Named):
    """A new text for a key."""

    overlap_seconds: Overlap = 0


def scope_of(asked: Create | Update, now_ms: int) -> dict[str, Any]:
    """Return the members of a key that a body names. Raises RequestRefused.

    null takes a customer, filters or an expiry away; of a list it is the empty one.
    """
    given = asked.model_fields_set
    scope: dict[str, Any] = {}
    for name in ("allowed_origins", "sites", "dialects"):
        if name in given:
            scope[name] = tuple(dict.fromkeys(getattr(asked, name) or ()))
    if "customer_identifier" in given:
        scope["customer_identifier"] = asked.customer_identifier
    if asked.strict is not None:
        scope["strict"] = asked.strict
    if "key_filter_data" in given:
        scope["key_filter_data"] = _filters(asked.key_filter_data or [])
    if "expires_at" in given:
        scope["expires_ms"] = _future_ms(asked.expires_at, now_ms)
    return scope


def _filters(given: list[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    from openbunker.query.question import question  # noqa: PLC0415  # most keys have none

    if len(json.dumps(given)) > MAX_FILTER_TEXT:
        text = f"key_filter_data: has at most {MAX_FILTER_TEXT:,} characters as JSON"
        raise RequestRefused(Reason.INVALID_SCHEMA, text, field="key_filter_data")
    try:
        question.parse_filters(given)
    except RequestRefused as refused:
        field = "key_filter_data"
        raise RequestRefused(Reason.INVALID_SCHEMA, refused.message, field=field) from None
    return tuple(given)


def _future_ms(at: datetime | None, now_ms: int) -> int | None:
    if at is None:
        return None
    at_ms = int(at.timestamp() * 1000)
    if at_ms > LAST_MS:
        text = "expires_at: is beyond the year 9999"
        raise RequestRefused(Reason.INVALID_SCHEMA, text, field="expires_at")
    if at_ms <= now_ms:
        text = "expires_at: is in the past"
        raise RequestRefused(Reason.INVALID_SCHEMA, text, field="expires_at")
    return at_ms
