"""The routes of projects: `POST /v1/manage/project/...`. The vendor's shapes where it gives some.

Accounts manage projects; a project's own master key may reset and rename it.
"""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from openbunker.core.errors import RequestRefused
from openbunker.core.reasons import Reason
from openbunker.core.times import iso
from openbunker.keys.model import Key
from openbunker.manage import projects
from openbunker.manage.model import Project
from openbunker.manage.office import DEFAULT_PAGE, MAX_PAGE
from openbunker.manage.routes.key_bodies import Overlap
from openbunker.manage.routes.route import Body, Route, account_master, master, own_project, read
from openbunker.manage.services import ManageServices
from openbunker.web.http import Reply, Request

PREFIX = "/v1/manage/project"
Id = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Description = Annotated[str, StringConstraints(max_length=2000)]
Limit = Annotated[int, Field(ge=1, le=MAX_PAGE)]


class Account(Body):
    """A new account; the command line alone makes them."""

    name: Name


class Create(Body):
    """A new project."""

    account_id: Id
    name: Name
    description: Description | None = None


class List(Body):
    """A page of an account's projects."""

    account_id: Id
    limit: Limit = DEFAULT_PAGE
    cursor: Id | None = None


class Named(Body):
    """One project."""

    project_id: Id


class Reset(Body):
    """A new master key of a project."""

    project_id: Id | None = None
    overlap_seconds: Overlap = 0


class Update(Body):
    """What people know of a project, and whether its keys share their dedupe scope."""

    project_id: Id | None = None
    name: Name | None = None
    description: Description | None = None
    dedupe_scopes: Literal["shared", "separate"] | None = None


def _create(request: Request, services: ManageServices) -> Reply:
    key, office = account_master(request, services)
    asked = read(request, Create)
    _same_account(key, asked.account_id)
    made, text = projects.create(office, key.account_id, asked.name, asked.description or "")
    told = {"account_id": made.account_id, "project_id": made.project_id}
    return Reply(200, {**told, "master_api_key": text, "status": made.status})


def _list(request: Request, services: ManageServices) -> Reply:
    key, office = account_master(request, services)
    asked = read(request, List)
    _same_account(key, asked.account_id)
    page = projects.listed(office, key.account_id, asked.limit, asked.cursor)
    return Reply(200, {"projects": [told(one) for one in page.things], "next_cursor": page.cursor})


def _reset(request: Request, services: ManageServices) -> Reply:
    key, office = master(request, services)
    asked = read(request, Reset)
    project_id = own_project(key, asked.project_id)
    text, ends_ms = projects.reset(office, key.account_id, project_id, asked.overlap_seconds)
    body = {"project_id": project_id, "master_api_key": text}
    return Reply(200, body | ({"old_key_until": iso(ends_ms)} if asked.overlap_seconds else {}))


def _update(request: Request, services: ManageServices) -> Reply:
    key, office = master(request, services)
    asked = read(request, Update)
    project_id = own_project(key, asked.project_id)
    changes = asked.model_dump(exclude={"project_id"})
    return Reply(200, told(projects.update(office, key.account_id, project_id, **changes)))


def _delete(request: Request, services: ManageServices) -> Reply:
    key, office = account_master(request, services)
    asked = read(request, Named)
    return Reply(200, told(projects.delete(office, key.account_id, asked.project_id)))


def _restore(request: Request, services: ManageServices) -> Reply:
    key, office = account_master(request, services)
    asked = read(request, Named)
    return Reply(200, told(projects.restore(office, key.account_id, asked.project_id)))


def _same_account(key: Key, named: str) -> None:
    if named != key.account_id:
        text = "account_id: is not the account of this key"
        raise RequestRefused(Reason.NOT_FOUND, text, field="account_id")


def told(project: Project) -> dict[str, Any]:
    """Return what is told of a project."""
    found: dict[str, Any] = {
        "project_id": project.project_id,
        "account_id": project.account_id,
        "name": project.name,
        "description": project.description,
        "status": project.status,
        "keys": project.keys,
        "dedupe_scopes": project.dedupe_scopes,
        "created_at": iso(project.created_ms),
    }
    if project.deleted_ms is not None:
        found["deleted_at"] = iso(project.deleted_ms)
        found["restorable_until"] = iso(project.deleted_ms + projects.GRACE_MS)
    return found


ROUTES = (
    Route("POST", f"{PREFIX}/create", "manage", _create, Create),
    Route("POST", f"{PREFIX}/list", "manage", _list, List),
    Route("POST", f"{PREFIX}/reset", "manage", _reset, Reset),
    Route("POST", f"{PREFIX}/update", "manage", _update, Update),
    Route("POST", f"{PREFIX}/delete", "manage", _delete, Named),
    Route("POST", f"{PREFIX}/restore", "manage", _restore, Named),
)
