"""The jobs of the functions that ask and manage, with the sample events and their keys."""

from openbunker.compaction.store.state import State, dumps
from openbunker.core import layout
from tests.e2e_aws.report import expect
from tests.e2e_aws.rights.function import Told
from tests.e2e_aws.rights.jobs import Calls, Job
from tests.e2e_aws.rights.requests import body, sample, status
from tests.e2e_aws.rights.tables import with_demo_keys
from tests.e2e_aws.world import World

ASKED = (
    *("query-count", "query-sql", "query-list", "query-chart", "usage-month", "receipt", "refused"),
    *("live", "live-row", "names", "system", "console"),
)
MANAGED = (
    *("project-list", "project-update", "project-limits", "key-create", "key-list", "key-update"),
    *("key-rotate", "key-disable", "key-enable", "key-delete", "project-reset", "project-delete"),
    *("project-restore", "project-create", "audit"),
)
# The samples of a row and of a receipt ask for what no store holds.
_MISSING = ("receipt", "live-row")


def _asking(world: World) -> Calls:
    with_demo_keys(world)
    world.put(layout.COMPACTION_STATE, dumps(State()))
    hung = {"event": sample("query-count"), "seconds": 3.0}
    return [
        *({"event": sample(one), "seconds": 29, "must": _wanted(one)} for one in ASKED),
        {"down": ["athena:hangs"]},
        hung,
        {"down": []},
    ]


def _wanted(name: str) -> dict[str, int]:
    return {"statusCode": 404 if name in _MISSING else 200}


def _asked(_: World, told: Told) -> None:
    wanted = [*(_wanted(name)["statusCode"] for name in ASKED), 504]
    expect([status(one) for one in told.answers], wanted, "answers")


def _managing(world: World) -> Calls:
    with_demo_keys(world)
    calls = [{"event": sample(f"manage-{one}"), "must": {"statusCode": 200}} for one in MANAGED]
    calls.append({"event": sample("delete-customer"), "must": {"statusCode": 202}})
    return [*calls, {"event": sample("delete-status-unknown")}]


def _managed(_: World, told: Told) -> None:
    wanted = [*[200] * len(MANAGED), 202, 404]
    expect([status(one) for one in told.answers], wanted, "answers")
    expect(body(told.answers[-2])["status"], "hidden", "the erasure that was asked for")


ASK = Job("QueryFunction", _asking, _asked)
MANAGE = Job("ManageFunction", _managing, _managed)
