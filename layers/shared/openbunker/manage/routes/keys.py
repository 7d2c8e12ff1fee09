"""The routes of keys: `POST /v1/manage/key/...`, for the master key of their project.

The account's master key may do the same when the body names the project.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from openbunker.core.times import iso
from openbunker.keys.model import KeyKind
from openbunker.manage import credentials
from openbunker.manage.credentials import Place
from openbunker.manage.model import Credential
from openbunker.manage.office import Office
from openbunker.manage.routes import key_bodies
from openbunker.manage.routes.key_bodies import scope_of
from openbunker.manage.routes.route import Body, Route, master, own_project, read
from openbunker.manage.services import ManageServices
from openbunker.usage.model import UsageUnavailable
from openbunker.web.http import Reply, Request

PREFIX = "/v1/manage/key"
Asked = TypeVar("Asked", bound=Body)


def _create(request: Request, services: ManageServices) -> Reply:
    office, place, asked = _asked(request, services, key_bodies.Create)
    scope = scope_of(asked, services.now_ms())
    made, text = credentials.create(office, place, KeyKind(asked.type), asked.name or "", scope)
    return Reply(200, {"api_key": text, **told(made, services.now_ms())})


def _list(request: Request, services: ManageServices) -> Reply:
    office, place, asked = _asked(request, services, key_bodies.List)
    page = credentials.listed(office, place, asked.limit, asked.cursor)
    used = _last_used(services, place.project_id)
    keys = [told(one, services.now_ms(), used.get(one.key.key_id)) for one in page.things]
    return Reply(200, {"keys": keys, "next_cursor": page.cursor})


def _update(request: Request, services: ManageServices) -> Reply:
    office, place, asked = _asked(request, services, key_bodies.Update)
    scope = scope_of(asked, services.now_ms())
    changed = credentials.update(office, place, asked.key_id, scope, asked.name)
    return Reply(200, told(changed, services.now_ms()))


def _rotate(request: Request, services: ManageServices) -> Reply:
    office, place, asked = _asked(request, services, key_bodies.Rotate)
    made, text, old = credentials.rotate(office, place, asked.key_id, asked.overlap_seconds)
    body = {"api_key": text, **told(made, services.now_ms()), "replaces": asked.key_id}
    if old and old.key.expires_ms:
        body["old_key_until"] = iso(old.key.expires_ms)
    return Reply(200, body)


def _disable(request: Request, services: ManageServices) -> Reply:
    return _switched(request, services, on=False)


def _enable(request: Request, services: ManageServices) -> Reply:
    return _switched(request, services, on=True)


def _switched(request: Request, services: ManageServices, *, on: bool) -> Reply:
    office, place, asked = _asked(request, services, key_bodies.Named)
    changed = credentials.switch(office, place, asked.key_id, on=on)
    return Reply(200, told(changed, services.now_ms()))


def _delete(request: Request, services: ManageServices) -> Reply:
    office, place, asked = _asked(request, services, key_bodies.Named)
    gone = credentials.delete(office, place, asked.key_id)
    return Reply(200, {**told(gone, services.now_ms()), "status": "DELETED"})


def _asked(
    request: Request, services: ManageServices, kind: type[Asked]
) -> tuple[Office, Place, Asked]:
    key, office = master(request, services)
    asked = read(request, kind)
    project_id = own_project(key, getattr(asked, "project_id", None))
    return office, Place(key.account_id, project_id), asked


def _last_used(services: ManageServices, project_id: str) -> Mapping[str, int]:
    """Return when (ms) keys were last used, to the hour; nothing where that cannot be told."""
    try:
        return services.usage.last_used(project_id) if services.usage else {}
    except UsageUnavailable as error:
        services.log({"level": "ERROR", "error": str(error)})
        return {}


def told(credential: Credential, now_ms: int, used_ms: int | None = None) -> dict[str, Any]:
    """Return what is told of a key: never its text, never its hash."""
    key = credential.key
    found: dict[str, Any] = {
        "key_id": key.key_id,
        "type": key.kind.value,
        "project_id": key.project_id,
        "name": credential.name,
        "status": credential.status_at(now_ms),
        "created_at": iso(credential.created_ms),
    }
    if key.kind is KeyKind.WRITE:
        found["strict"] = key.strict
    for name in ("customer_identifier", "key_filter_data", "allowed_origins", "sites", "dialects"):
        value = getattr(key, name)
        if value:
            found[name] = list(value) if isinstance(value, tuple) else value
    if key.expires_ms is not None:
        found["expires_at"] = iso(key.expires_ms)
    if used_ms is not None:
        found["last_used_at"] = iso(used_ms)
    return found


ROUTES = (
    Route("POST", f"{PREFIX}/create", "manage", _create, key_bodies.Create),
    Route("POST", f"{PREFIX}/list", "manage", _list, key_bodies.List),
    Route("POST", f"{PREFIX}/update", "manage", _update, key_bodies.Update),
    Route("POST", f"{PREFIX}/rotate", "manage", _rotate, key_bodies.Rotate),
    Route("POST", f"{PREFIX}/disable", "manage", _disable, key_bodies.Named),
    Route("POST", f"{PREFIX}/enable", "manage", _enable, key_bodies.Named),
    Route("POST", f"{PREFIX}/delete", "manage", _delete, key_bodies.Named),
)
