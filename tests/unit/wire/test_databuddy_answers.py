"""The answer to a batch that is stored whole is written as the one to any other batch is."""

import json

from hypothesis import given
from hypothesis import strategies as st

from openbunker.core import ids
from openbunker.core.event import Draft
from openbunker.core.verdict import Accepted, Fate, Verdict
from openbunker.web.http import Request
from openbunker.wire.databuddy import events
from openbunker.wire.dialect import Outcome

GIVEN = st.none() | st.text(min_size=1) | st.sampled_from(['"', "%s", "\\", "\ud800", "é"])


@given(st.lists(st.tuples(GIVEN, st.sampled_from([Fate.STORED, Fate.SPILLED]))))
def test_each_event_has_its_result_in_its_place(sent: list[tuple[str | None, Fate]]) -> None:
    verdicts = [
        Verdict(fate, Accepted(Draft(event_name="n", client_event_id=given), ids.new_id(1), 1, 1))
        for given, fate in sent
    ]
    told = events.reply(Outcome(Request(method="POST", path="/batch"), verdicts, 1)).to_gateway()
    results = [events._result(verdict) for verdict in verdicts]
    body = {"status": "success", "batch": True, "processed": len(sent), "results": results}
    assert told["body"] == json.dumps(body)
    assert told["headers"] == {"content-type": "application/json"}
