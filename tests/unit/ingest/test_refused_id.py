"""The id of a refusal: told exactly when one row was kept, and what a receipt says of it."""

import json
from typing import Any

from openbunker.core import ids
from openbunker.core.reasons import Reason
from openbunker.keys.memory import MemoryKeyStore
from openbunker.keys.model import Key, KeyKind, hash_of
from openbunker.query.athena.receipts import AthenaReceipts
from openbunker.query.endpoint import serve_query
from openbunker.query.engine import Statement, Table
from openbunker.query.services import QueryServices
from openbunker.query.sql.refused import COLUMNS
from openbunker.web.http import REASON_HEADER, REFUSED_ID_HEADER
from tests.support.laws import each
from tests.wire import replays
from tests.wire.replays import Replay

NOW_MS = 1_790_000_000_000


@each("replay", replays.replays, replays.name)
def test_the_header_names_the_one_row_that_was_kept(replay: Replay) -> None:
    headers, rows = replay.headers, replay.kept
    whole = bool(rows) and rows[0].item is None
    items = replay.items("stored", "spilled", "refused", "retry")
    alone = len(rows) == 1 and (whole or items == 1)

    assert (REFUSED_ID_HEADER in headers) == alone
    if alone:
        assert headers[REFUSED_ID_HEADER] == rows[0].refused_id
        assert headers[REASON_HEADER] == rows[0].reason
    strangers = {
        Reason.MISSING_KEY,
        Reason.UNKNOWN_KEY,
        Reason.MALFORMED_KEY,
        Reason.WRONG_KEY_KIND,
    }
    if headers.get(REASON_HEADER) in strangers:
        assert REFUSED_ID_HEADER not in headers


@each("replay", lambda: replays.replays(keeping=False), replays.name)
def test_what_was_not_kept_has_no_id(replay: Replay) -> None:
    assert replay.kept == []
    assert REFUSED_ID_HEADER not in replay.headers


class Engine:
    """No event anywhere, and one row of what was refused."""

    def __init__(self, row: dict[str, Any]) -> None:
        self.row = row
        self.asked: list[Statement] = []

    def run(self, statement: Statement) -> Table:
        self.asked.append(statement)
        if statement.table == "events":
            return Table([], [], None)
        return Table(COLUMNS, [[self.row.get(name) for name in COLUMNS]], None)


def asked(customer: str | None) -> tuple[dict[str, Any], dict[str, Any], Engine]:
    refused_id = ids.new_id(NOW_MS - 600_000)
    row: dict[str, Any] = dict.fromkeys(COLUMNS, "x") | {
        "refused_id": refused_id,
        "reason": "invalid_schema",
        "received_ms": NOW_MS - 600_000,
        "payload_bytes": 1,
        "item": None,
    }
    engine = Engine(row)
    key = Key(
        key_id="q",
        kind=KeyKind.QUERY,
        account_id="a",
        project_id="p",
        customer_identifier=customer,
    )
    services = QueryServices(
        keys=MemoryKeyStore({hash_of("q"): key}),
        engine=engine,
        now_ms=lambda: NOW_MS,
        log=lambda _line: None,
        receipts=AthenaReceipts(engine),
    )
    event = {
        "rawPath": f"/v1/receipts/{refused_id}",
        "requestContext": {"http": {"method": "GET"}},
        "headers": {"x-eventbunker-query-key": "q"},
    }
    reply = serve_query(event, None, services)
    return reply, json.loads(reply["body"]), engine


def test_a_receipt_tells_why_it_was_refused_and_asks_of_one_project() -> None:
    reply, body, engine = asked(None)

    assert (reply["statusCode"], body["status"], body["reason"]) == (
        200,
        "refused",
        "invalid_schema",
    )
    assert "payload" not in body
    assert "event_id" not in body
    statement = engine.asked[-1]
    assert statement.parameters == {"project": "p", "id": body["refused_id"]}
    assert statement.to_ms - statement.from_ms <= 600_000


def test_a_scoped_key_sees_no_refusal() -> None:
    reply, _, engine = asked("c")

    assert reply["statusCode"] == 404
    assert all(statement.table == "events" for statement in engine.asked)
