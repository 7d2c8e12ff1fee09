"""The routes of erasures: `POST /v1/delete/customer` and `GET /v1/delete/{erasure_id}`.

Served by the manage function, opened by DELETE keys. Hides at once; who removes the rows for good
is compaction.
"""

from dataclasses import dataclass, replace
from typing import Annotated, Any

from pydantic import StringConstraints

from openbunker.core.errors import ErasureStoreUnavailable, RequestRefused
from openbunker.core.reasons import Reason
from openbunker.core.times import iso
from openbunker.erasure.hashing import CUSTOMER, PERSON_COLUMNS, hash_of
from openbunker.erasure.model import (
    MAX_IDENTIFIER,
    MAX_WAITING,
    Erasure,
    ErasureStore,
    waiting,
    weight,
)
from openbunker.keys.model import Key, KeyKind
from openbunker.keys.resolve import resolve
from openbunker.manage.routes.route import Body, Route, read
from openbunker.manage.services import ManageServices
from openbunker.manage.store import TenantsUnavailable
from openbunker.web.http import Reply, Request

KEY_HEADER = "x-eventbunker-delete-key"
INVALID_KEY = f"Invalid {KEY_HEADER}"
TEXTS = {
    Reason.MISSING_KEY: INVALID_KEY,
    Reason.UNKNOWN_KEY: INVALID_KEY,
    Reason.MALFORMED_KEY: f"{INVALID_KEY}: it is cut off or mistyped",
    Reason.WRONG_KEY_KIND: f"Please use a delete key for delete requests. {INVALID_KEY}",
}
PREFIX = "/v1/delete/"
Identifier = Annotated[str, StringConstraints(max_length=MAX_IDENTIFIER)]
Person = tuple[str, str]


class Customer(Body):
    """Whom to erase, by one of these columns; a key that is bound to a customer need not say it."""

    customer_identifier: Identifier | None = None
    user_id: Identifier | None = None
    anonymous_id: Identifier | None = None
    session_id: Identifier | None = None

    def named(self) -> list[Person]:
        """Return each column that is given, with its value."""
        given = ((column, getattr(self, column)) for column in PERSON_COLUMNS)
        return [(column, value) for column, value in given if value is not None]


def _request(request: Request, services: ManageServices) -> Reply:
    """Hide a customer from now on. The answer comes once that is durable."""
    key = _key(request, services)
    person = _person(key, read(request, Customer).named())
    desk = _Desk.of(services)
    return Reply(202, told(desk.added(key, person)))


def _status(request: Request, services: ManageServices) -> Reply:
    """Tell how far an erasure of the key's project, and of its customer if it has one, is."""
    key = _key(request, services)
    found = _Desk.of(services).found(key, request.path.removeprefix(PREFIX))
    bound = key.customer_identifier
    if found is None or (
        bound is not None and hash_of(key.project_id, bound) != found.customer_hash
    ):
        raise RequestRefused(Reason.NOT_FOUND, "No erasure of this key's project has this id.")
    return Reply(200, told(found))


@dataclass(frozen=True, slots=True)
class _Desk:
    """The store of erasures, with refusals in place of its failures."""

    store: ErasureStore
    services: ManageServices

    @classmethod
    def of(cls, services: ManageServices) -> "_Desk":
        if services.erasures is None:
            raise RequestRefused(Reason.ERASURE_UNAVAILABLE, "Nobody can be erased here.")
        return cls(services.erasures, services)

    def added(self, key: Key, person: Person) -> Erasure:
        """Keep a new erasure, and who asked for it. Raises RequestRefused when one cannot be."""
        now_ms = self.services.now_ms()
        column, identifier = person
        erasure = Erasure(
            erasure_id=self.services.new_id(now_ms),
            project_id=key.project_id,
            customer_hash=hash_of(key.project_id, identifier, column),
            requested_ms=now_ms,
            key_id=key.key_id,
            customer_identifier=identifier,
        )
        try:
            if len(waiting(self.store.of_project(key.project_id))) >= MAX_WAITING:
                text = f"{MAX_WAITING} erasures of this project are not done yet."
                raise RequestRefused(Reason.TOO_MANY_ERASURES, text)
            self._enter(key, erasure)
            self.store.add(erasure)
        except ErasureStoreUnavailable as error:
            raise self._unavailable(error, "Nobody was erased: that could not be kept.") from error
        return self._hidden(erasure)

    def _enter(self, key: Key, erasure: Erasure) -> None:
        """Write into the audit who asks, before it is so. Not for whom: the audit is kept."""
        office = replace(self.services.office, actor=key.key_id)
        detail = {"erasure_id": erasure.erasure_id, "column": erasure.column}
        place = (key.account_id, key.project_id, key.key_id)
        try:
            office.commit(office.entry("erasure.request", *place, detail))
        except TenantsUnavailable as error:
            raise ErasureStoreUnavailable(f"the audit: {error}") from error

    def found(self, key: Key, erasure_id: str) -> Erasure | None:
        """Return an erasure of the key's project. Raises RequestRefused when nobody can say."""
        try:
            found = self.store.get(key.project_id, erasure_id)
        except ErasureStoreUnavailable as error:
            text = "Erasures cannot be looked up at the moment."
            raise self._unavailable(error, text) from error
        return self._hidden(found) if found and found.hidden_ms is None else found

    def _hidden(self, erasure: Erasure) -> Erasure:
        """Note that it is hidden: readers have asked the store that has it ever since.

        Should that fail it stays `pending`, hidden all the same, and whoever asks next notes it.
        """
        at_ms = self.services.now_ms()
        try:
            self.store.mark_hidden(erasure, at_ms)
        except ErasureStoreUnavailable as error:
            self.services.log({"level": "ERROR", "error": str(error)})
            return erasure
        return replace(erasure, hidden_ms=at_ms)

    def _unavailable(self, error: ErasureStoreUnavailable, text: str) -> RequestRefused:
        self.services.log({"level": "ERROR", "error": str(error)})
        return RequestRefused(Reason.ERASURE_UNAVAILABLE, text)


def told(erasure: Erasure) -> dict[str, Any]:
    """Return an erasure as JSON values; a time that is not reached is null."""
    times = {
        "requested_at": erasure.requested_ms,
        "hidden_at": erasure.hidden_ms,
        "erased_at": erasure.erased_ms,
    }
    reached = {name: None if at is None else iso(at) for name, at in times.items()}
    return {"erasure_id": erasure.erasure_id, "status": erasure.status, **reached}


def _key(request: Request, services: ManageServices) -> Key:
    """Return the request's DELETE key. Raises RequestRefused."""
    try:
        return resolve(request.header(KEY_HEADER), services.keys, services.now_ms(), KeyKind.DELETE)
    except RequestRefused as refused:
        raise RequestRefused(refused.reason, TEXTS.get(refused.reason, refused.message)) from None


def _person(key: Key, named: list[Person]) -> Person:
    """Return whom to erase. Raises RequestRefused for nobody, several, or others."""
    bound = key.customer_identifier
    for column, value in named:
        if bound is not None and (column, value) != (CUSTOMER, bound):
            text = f"{column}: this key is bound to one customer, and may erase that one only."
            raise RequestRefused(Reason.SCOPED_KEY, text, field=column)
        if weight(value) > MAX_IDENTIFIER:
            text = f"{column}: has more than {MAX_IDENTIFIER} characters (a single quote is two)"
            raise RequestRefused(Reason.INVALID_SCHEMA, text, field=column)
    if bound is not None:
        return CUSTOMER, bound
    if len(named) != 1:
        field = named[1][0] if named else CUSTOMER
        text = f"{field}: name the person by exactly one of {', '.join(PERSON_COLUMNS)}"
        raise RequestRefused(Reason.INVALID_SCHEMA, text, field=field)
    return named[0]


ROUTES = (
    Route("POST", f"{PREFIX}customer", "delete_customer", _request, Customer),
    Route("GET", f"{PREFIX}{{erasure_id}}", "erasure", _status),
)
