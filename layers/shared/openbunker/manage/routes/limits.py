"""`POST /v1/manage/project/limits`: the quota of a project and the rate of its keys.

For account master keys alone: a project that could lift its own quota would have none.
"""

from typing import Annotated

from pydantic import Field

from openbunker.core.errors import KeyStoreUnavailable, RequestRefused
from openbunker.core.reasons import Reason
from openbunker.manage import limits
from openbunker.manage.routes.projects import PREFIX, Id
from openbunker.manage.routes.route import Body, Route, account_master, read
from openbunker.manage.services import ManageServices
from openbunker.usage.model import UsageUnavailable
from openbunker.web.http import Reply, Request

MAX_EVENTS = 10**15
MAX_PER_SECOND = 1_000_000


class Limits(Body):
    """What a project may send; null takes a limit away, what is left out stays."""

    project_id: Id
    monthly_events: Annotated[int, Field(ge=0, le=MAX_EVENTS)] | None = None
    events_per_second: Annotated[int, Field(ge=1, le=MAX_PER_SECOND)] | None = None


def _limits(request: Request, services: ManageServices) -> Reply:
    key, office = account_master(request, services)
    asked = read(request, Limits)
    named = asked.model_fields_set & set(limits.LIMITS)
    changes = {name: getattr(asked, name) for name in named}
    place = (key.account_id, asked.project_id)
    try:
        if services.usage is None:
            raise UsageUnavailable("there is no store of counts")
        state = limits.change(office, services.keys, services.usage, place, changes)
    except (UsageUnavailable, KeyStoreUnavailable) as error:
        services.log({"level": "ERROR", "error": str(error)})
        text = "Nothing can be changed at the moment."
        raise RequestRefused(Reason.KEY_STORE_UNAVAILABLE, text) from error
    told = {name: getattr(state, name) for name in limits.LIMITS}
    exceeded = state.over_quota(services.now_ms())
    return Reply(200, {"project_id": asked.project_id, **told, "exceeded": exceeded})


ROUTES = (Route("POST", f"{PREFIX}/limits", "manage", _limits, Limits),)
