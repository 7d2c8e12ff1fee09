"""What the files of events/ are answered with, and which events they put into the stream.

For whoever sends them: to built functions under Lambda's runtime client, or to `sam local`.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from openbunker_local.server.routes import read_routes
from tests.support import backends
from tests.support.delivered import Delivered

ROOT = Path(__file__).resolve().parents[2]
EVENTS = ROOT / "events"
Answer = dict[str, Any]
RECEIPT_COLUMNS = {
    **dict.fromkeys(("event_id", "dedupe_key"), "varchar"),
    **{"received_ms": "bigint", "object_path": "varchar", "place": "varchar"},
}
_ID = "019aa4b2f3a07d2c8f4e5a6b7c8d9e0f"
RECEIPT_ROW = [_ID, _ID, "1763696477088", "s3://bucket/hot/dt=2025-11-21/hm=0340/x.json.gz"]
RECEIPT_ROW.append("stored")

Invoke = Callable[[str, Mapping[str, Any]], Answer]


@dataclass(frozen=True)
class Expected:
    """What a file is answered with, and the names of the events that it puts into the stream."""

    status: int
    reason: str | None = None
    stored: tuple[str, ...] = ()


EXPECTED = {
    "databuddy-batch": Expected(200, "invalid_schema", stored=("page_opened", "cart_filled")),
    "databuddy-batch-malformed-json": Expected(400, "malformed_json"),
    "databuddy-batch-not-a-list": Expected(200, "batch_not_a_list"),
    "databuddy-batch-preflight": Expected(204),
    "databuddy-batch-wrong-key": Expected(200, "unknown_key"),
    "databuddy-identify": Expected(200, stored=("$identify",)),
    "databuddy-identify-preflight": Expected(204),
    "console": Expected(200),
    "databuddy-identify-wrong-key": Expected(401, "unknown_key"),
    "databuddy-single": Expected(200, stored=("purchase",)),
    "databuddy-single-malformed-json": Expected(400, "malformed_json"),
    "databuddy-single-preflight": Expected(204),
    "databuddy-single-wrong-key": Expected(200, "unknown_key"),
    "databuddy-track": Expected(200, stored=("purchase",)),
    "databuddy-track-invalid-schema": Expected(400, "invalid_schema"),
    "databuddy-track-list": Expected(200, stored=("page_opened", "cart_filled")),
    "databuddy-track-malformed-json": Expected(400, "malformed_json"),
    "databuddy-track-preflight": Expected(204),
    "databuddy-track-website-id": Expected(200, stored=("purchase",)),
    "databuddy-track-wrong-key": Expected(401, "unknown_key"),
    "eventbunker-post": Expected(200, stored=("signup",)),
    "eventbunker-post-gzip": Expected(200, stored=("signup.compressed",)),
    "eventbunker-post-invalid-schema": Expected(400, "invalid_schema"),
    "eventbunker-post-malformed-json": Expected(400, "malformed_json"),
    "eventbunker-post-missing-key": Expected(401, "missing_key"),
    "eventbunker-post-query-key": Expected(401, "wrong_key_kind"),
    "eventbunker-post-preflight": Expected(204),
    "eventbunker-post-wrong-key": Expected(401, "unknown_key"),
    "keys-validate-get": Expected(200),
    "keys-validate-get-unknown-key": Expected(401, "unknown_key"),
    "keys-validate-post": Expected(200),
    "keys-validate-post-missing-key": Expected(401, "missing_key"),
    "keys-validate-preflight": Expected(204),
    "manage-audit": Expected(200),
    "manage-key-create": Expected(200),
    "manage-key-create-wrong-type": Expected(400, "invalid_schema"),
    "manage-key-delete": Expected(200),
    "manage-key-disable": Expected(200),
    "manage-key-enable": Expected(200),
    "manage-key-list": Expected(200),
    "manage-key-rotate": Expected(200),
    "manage-key-update": Expected(200),
    "delete-customer": Expected(202),
    "delete-customer-malformed-json": Expected(400, "malformed_json"),
    "delete-customer-nobody": Expected(400, "invalid_schema"),
    "delete-customer-wrong-key": Expected(401, "wrong_key_kind"),
    "delete-status-unknown": Expected(404, "not_found"),
    "manage-project-create": Expected(200),
    "manage-project-create-malformed-json": Expected(400, "malformed_json"),
    "manage-project-create-project-key": Expected(401, "wrong_key_kind"),
    "manage-project-create-unknown-field": Expected(400, "invalid_schema"),
    "manage-project-create-wrong-key": Expected(401, "unknown_key"),
    "manage-project-delete": Expected(200),
    "manage-project-limits": Expected(200),
    "manage-project-list": Expected(200),
    "manage-project-reset": Expected(200),
    "manage-project-restore": Expected(200),
    "manage-project-update": Expected(200),
    "nanosights-custom": Expected(200, stored=("ButtonClick",)),
    "nanosights-custom-malformed-json": Expected(400, "malformed_json"),
    "nanosights-custom-preflight": Expected(204),
    "nanosights-custom-wrong-key": Expected(401, "unknown_key"),
    "nanosights-custom-wrong-origin": Expected(403, "origin_not_allowed"),
    "posthog-batch": Expected(200, stored=("Item Purchased", "$identify")),
    "posthog-batch-partly-bad": Expected(400, "invalid_schema", stored=("Item Purchased",)),
    "posthog-batch-preflight": Expected(204),
    "posthog-capture": Expected(200, stored=("Item Purchased",)),
    "posthog-capture-preflight": Expected(204),
    "posthog-capture-slash": Expected(200, stored=("Item Purchased",)),
    "posthog-capture-slash-preflight": Expected(204),
    "posthog-config": Expected(200),
    "posthog-config-js": Expected(200),
    "posthog-config-js-preflight": Expected(204),
    "posthog-config-preflight": Expected(204),
    "posthog-decide": Expected(200),
    "posthog-decide-preflight": Expected(204),
    "posthog-decide-slash": Expected(200),
    "posthog-decide-slash-preflight": Expected(204),
    "posthog-e": Expected(200, stored=("Item Purchased",)),
    "posthog-e-malformed-json": Expected(400, "malformed_json"),
    "posthog-e-preflight": Expected(204),
    "posthog-e-slash": Expected(200, stored=("Item Purchased",)),
    "posthog-e-slash-preflight": Expected(204),
    "posthog-e-wrong-key": Expected(401, "unknown_key"),
    "posthog-flags": Expected(200),
    "posthog-flags-preflight": Expected(204),
    "posthog-flags-slash": Expected(200),
    "posthog-flags-slash-preflight": Expected(204),
    "posthog-i-v0-e": Expected(200, stored=("Item Purchased",)),
    "live": Expected(200),
    "live-preflight": Expected(204),
    "system": Expected(200),
    "system-preflight": Expected(204),
    "system-wrong-key": Expected(401, "unknown_key"),
    "names": Expected(200),
    "names-preflight": Expected(204),
    "names-wrong-key": Expected(401, "unknown_key"),
    "live-row": Expected(404, "not_found"),
    "live-row-preflight": Expected(204),
    "live-row-wrong-key": Expected(401, "unknown_key"),
    "live-wrong-key": Expected(401, "unknown_key"),
    "posthog-i-v0-e-preflight": Expected(204),
    "posthog-i-v0-e-slash": Expected(200, stored=("Item Purchased",)),
    "posthog-i-v0-e-slash-preflight": Expected(204),
    "query-chart": Expected(200),
    "query-count": Expected(200),
    "query-count-malformed-json": Expected(400, "malformed_json"),
    "query-count-write-key": Expected(401, "wrong_key_kind"),
    "query-count-wrong-key": Expected(401, "unknown_key"),
    "query-list": Expected(200),
    "query-list-ndjson": Expected(200),
    "query-iframe-preflight": Expected(204),
    "query-json-preflight": Expected(204),
    "query-sql": Expected(200),
    "query-sql-csv": Expected(200),
    "query-sql-malformed-json": Expected(400, "malformed_json"),
    "query-sql-preflight": Expected(204),
    "query-sql-refused": Expected(400, "invalid_query"),
    "query-sql-wrong-key": Expected(401, "unknown_key"),
    "receipt": Expected(200),
    "receipt-preflight": Expected(204),
    "receipt-wrong-key": Expected(401, "unknown_key"),
    "refused": Expected(200),
    "refused-preflight": Expected(204),
    "refused-wrong-key": Expected(401, "unknown_key"),
    "segment-a": Expected(200, stored=("$alias",)),
    "segment-a-preflight": Expected(204),
    "segment-b": Expected(200, stored=("$identify", "Item Purchased")),
    "segment-b-preflight": Expected(204),
    "segment-g": Expected(200, stored=("$group",)),
    "segment-g-preflight": Expected(204),
    "segment-i": Expected(200, stored=("$identify",)),
    "segment-i-preflight": Expected(204),
    "segment-m": Expected(200),
    "segment-m-preflight": Expected(204),
    "segment-p": Expected(200, stored=("$page",)),
    "segment-p-preflight": Expected(204),
    "segment-s": Expected(200, stored=("$screen",)),
    "segment-s-preflight": Expected(204),
    "segment-t": Expected(200, stored=("Item Purchased",)),
    "segment-t-preflight": Expected(204),
    "segment-settings": Expected(200),
    "segment-settings-preflight": Expected(204),
    "segment-alias": Expected(200, stored=("$alias",)),
    "segment-alias-preflight": Expected(204),
    "segment-batch": Expected(200, stored=("$identify", "Item Purchased")),
    "segment-batch-partly-bad": Expected(
        400, "invalid_schema", stored=("$identify", "Item Purchased")
    ),
    "segment-batch-preflight": Expected(204),
    "segment-group": Expected(200, stored=("$group",)),
    "segment-group-preflight": Expected(204),
    "segment-identify": Expected(200, stored=("$identify",)),
    "segment-identify-preflight": Expected(204),
    "segment-import": Expected(200, stored=("$identify", "Item Purchased")),
    "segment-import-preflight": Expected(204),
    "segment-page": Expected(200, stored=("$page",)),
    "segment-page-preflight": Expected(204),
    "segment-screen": Expected(200, stored=("$screen",)),
    "segment-screen-preflight": Expected(204),
    "segment-track": Expected(200, stored=("Item Purchased",)),
    "segment-track-malformed-json": Expected(400, "malformed_json"),
    "segment-track-preflight": Expected(204),
    "segment-track-wrong-key": Expected(401, "unknown_key"),
    "tracify-purchase": Expected(200, stored=("purchase",)),
    "tracify-purchase-malformed-json": Expected(400, "malformed_json"),
    "tracify-purchase-wrong-key": Expected(401, "unknown_key"),
    "usage-month": Expected(200),
    "usage-preflight": Expected(204),
}


def event(name: str) -> dict[str, Any]:
    """Return a file of events/, named without its ending."""
    found: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    return found


@cache  # the template is read once, not for each file
def functions() -> dict[str, str]:
    """Return the folder of the function that each route of the template leads to."""
    return {
        f"{route.method} {route.path}": route.module.parent.name
        for route in read_routes(ROOT / "template.yaml")
    }


def athena_is_ready_for(name: str, moto_url: str) -> None:
    """Tell Athena's stand-in what the question of a file finds."""
    if name == "query-count":
        columns = {"event_name": "varchar", "count": "bigint"}
        backends.athena_will_answer(moto_url, columns, [["signup", "2"]])
    if name == "refused":
        backends.athena_will_answer(moto_url, {"refused_id": "varchar"}, [])
    if name == "system":
        backends.athena_will_answer(moto_url, {"c0": "bigint"}, [["2"]])
    if name == "receipt":
        backends.athena_will_answer(moto_url, RECEIPT_COLUMNS, [RECEIPT_ROW])


def problems(name: str, invoke: Invoke, stream: Delivered, moto_url: str) -> Iterator[str]:
    """Send a file to the function of its route; yield what is not as expected."""
    athena_is_ready_for(name, moto_url)
    stream.new_events()
    sent, expected = event(name), EXPECTED[name]
    answer = invoke(functions()[sent["routeKey"]], sent)
    told = (answer.get("statusCode"), answer.get("headers", {}).get("x-openbunker-reason"))
    if told != (expected.status, expected.reason):
        yield f"{told} in place of {(expected.status, expected.reason)}: {answer}"
    events = stream.new_events()
    if tuple(one.event_name for one in events) != expected.stored:
        yield f"{[one.event_name for one in events]} stored in place of {expected.stored}"
    if not {one.project_id for one in events} <= {"prj_demo"}:
        yield f"stored for {events}"
