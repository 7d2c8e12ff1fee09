"""What the routes of management share: a route's record, the master key, a request's body."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from openbunker.core import jsontext
from openbunker.core.errors import RequestRefused
from openbunker.core.reasons import Reason
from openbunker.keys.model import Key, KeyKind
from openbunker.keys.resolve import resolve
from openbunker.manage.office import Office
from openbunker.manage.services import ManageServices
from openbunker.web.http import Reply, Request

KEY_HEADER = "x-eventbunker-apikey"
INVALID_KEY = f"Invalid {KEY_HEADER}"
TEXTS = {
    Reason.MISSING_KEY: INVALID_KEY,
    Reason.UNKNOWN_KEY: INVALID_KEY,
    Reason.MALFORMED_KEY: f"{INVALID_KEY}: it is cut off or mistyped",
    Reason.WRONG_KEY_KIND: f"Please use a master key to manage. {INVALID_KEY}",
}
MAX_ECHO, MAX_PROBLEMS = 60, 20


@dataclass(frozen=True, slots=True)
class Route:
    """A method, a path that may end in a `{name}`, and who answers there."""

    method: str
    path: str
    name: str
    answer: Callable[[Request, ManageServices], Reply]
    body: "type[Body] | None" = None

    def serves(self, path: str) -> bool:
        """Return whether a request's path is this route's."""
        fixed, parameter, _ = self.path.partition("{")
        return path.startswith(fixed) if parameter else path == fixed


class Body(BaseModel):
    """What a route takes. Nothing is ignored: a field that is not known is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


Asked = TypeVar("Asked", bound=Body)


def master(request: Request, services: ManageServices) -> tuple[Key, Office]:
    """Return the request's master key and the office in its name. Raises RequestRefused."""
    try:
        key = resolve(request.header(KEY_HEADER), services.keys, services.now_ms(), KeyKind.MASTER)
    except RequestRefused as refused:
        raise RequestRefused(refused.reason, TEXTS.get(refused.reason, refused.message)) from None
    return key, replace(services.office, actor=key.key_id)


def account_master(request: Request, services: ManageServices) -> tuple[Key, Office]:
    """Return the master key of an account. Raises RequestRefused for a project's."""
    key, office = master(request, services)
    if key.project_id:
        text = f"Please use the account master key here. {INVALID_KEY}"
        raise RequestRefused(Reason.WRONG_KEY_KIND, text)
    return key, office


def own_project(key: Key, named: str | None) -> str:
    """Return the project that a master key acts on: its own, or the one that an account names.

    Raises RequestRefused for another one than its own, and where an account's key names none.
    """
    if not key.project_id and not named:
        text = "project_id: is required with the account master key"
        raise RequestRefused(Reason.INVALID_SCHEMA, text, field="project_id")
    if key.project_id and named not in (None, key.project_id):
        text = "project_id: there is no such project"
        raise RequestRefused(Reason.NOT_FOUND, text, field="project_id")
    return key.project_id or str(named)


def read(request: Request, kind: type[Asked]) -> Asked:
    """Return the body of a request. Raises RequestRefused naming every wrong field."""
    return checked(jsontext.parse(request.body() or b"{}"), kind)


def checked(body: object, kind: type[Asked]) -> Asked:
    """Return what a JSON value asks for. Raises RequestRefused naming every wrong field."""
    if not isinstance(body, dict):
        raise RequestRefused(Reason.INVALID_SCHEMA, "The body is a JSON object.")
    try:
        return kind.model_validate(body)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)[:MAX_PROBLEMS]
        told = [_told(problem["loc"], problem["type"], problem["msg"], kind) for problem in found]
        first = str(found[0]["loc"][0]) if found[0]["loc"] else None
        raise RequestRefused(Reason.INVALID_SCHEMA, "; ".join(told), field=first) from None


def _told(loc: tuple[int | str, ...], code: str, text: str, kind: type[Body]) -> str:
    steps = (f"[{p}]" if isinstance(p, int) else f".{p[:MAX_ECHO]}" for p in loc)
    place = "".join(steps)[1:]
    match code:
        case "missing":
            text = "is required"
        case "extra_forbidden":
            text = f"is not known; allowed: {', '.join(kind.model_fields)}"
        case "value_error":
            text = text.removeprefix("Value error, ")
    return f"{place}: {text}" if place else text
