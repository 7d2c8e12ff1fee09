"""`POST /v1/manage/audit`: who changed what of a project, for its master key. Changes nothing."""

from openbunker.manage import audit
from openbunker.manage.routes.key_bodies import Entries
from openbunker.manage.routes.route import Route, master, own_project, read
from openbunker.manage.services import ManageServices
from openbunker.web.http import Reply, Request

PATH = "/v1/manage/audit"
# All accounts' entries lie in one order: so many reads of 500, and the page says where to go on.
SCANS = 10


def _list(request: Request, services: ManageServices) -> Reply:
    key, office = master(request, services)
    asked = read(request, Entries)
    project_id = own_project(key, asked.project_id)
    named = {"project_id": project_id, "key_id": asked.key_id or ""}
    page = audit.entries(office, asked.limit, asked.cursor, **named, scans=SCANS)
    # An account's key may name any project: it is told of its own account's alone.
    mine = [audit.told(one) for one in page.things if one.account_id == key.account_id]
    return Reply(200, {"entries": mine, "next_cursor": page.cursor})


ROUTES = (Route("POST", PATH, "manage", _list, Entries),)
