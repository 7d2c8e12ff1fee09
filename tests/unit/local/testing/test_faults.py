import json
from pathlib import Path

import pytest

from openbunker.web.http import Request
from openbunker.wire.dialect import Dialect
from openbunker_local.server.sender import key_of, written_to
from openbunker_local.testing import faults
from openbunker_local.testing.faults import Fault, FaultRefused, Faults

ROOT = Path(__file__).parents[4]


def sent(client_id: str) -> tuple[Request, Dialect]:
    request = Request(method="POST", path="/batch", query={"client_id": client_id}, raw_body="[]")
    dialect = written_to(request)
    assert dialect
    return request, dialect


def test_a_fault_strikes_its_key_as_often_as_it_was_asked() -> None:
    waiting = Faults()
    waiting.add(Fault(times=2, key="mine"))
    assert waiting.take(*sent("other")) is None
    assert [bool(waiting.take(*sent("mine"))) for _ in range(3)] == [True, True, False]
    assert waiting.told() == []


def test_a_fault_of_no_key_strikes_any_and_the_oldest_strikes_first() -> None:
    waiting = Faults()
    waiting.add(Fault(status=429))
    waiting.add(Fault(status=503))
    statuses = [fault.status if (fault := waiting.take(*sent("a"))) else 0 for _ in range(3)]
    assert statuses == [429, 503, 0]


def test_a_key_is_found_where_its_vendor_puts_it() -> None:
    assert key_of(*sent("mine")) == "mine"
    event = json.loads((ROOT / "events/nanosights-custom.json").read_text())
    request = Request.from_gateway(event)
    dialect = written_to(request)
    assert dialect
    assert dialect.key_of(request) is None  # it is in the body alone
    assert key_of(request, dialect) == json.loads(event["body"])["projectKey"]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_the_answer_has_the_dialects_shape_and_the_status(status: int) -> None:
    reply = faults.reply(Fault(status=status, retry_after=7), *sent("a"))
    assert reply.status == status
    assert reply.headers["retry-after"] == "7"
    assert reply.body
    assert reply.body["status"] == "error"


@pytest.mark.parametrize(
    "body",
    [[], {"status": 200}, {"times": 0}, {"times": True}, {"key": 3}, {"stored": 1}, {"what": 1}],
)
def test_what_cannot_be_meant_is_refused(body: object) -> None:
    with pytest.raises(FaultRefused):
        faults.parsed(body)
