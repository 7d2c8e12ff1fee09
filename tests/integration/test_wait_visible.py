"""An answer that waited is one whose event a question finds: no sleep between the two."""

from pathlib import Path

from openbunker.web.http import WAIT_HEADER
from tests.support.here import server_here

QUESTION = {"time_period": "all", "computations": [{"function": "count"}]}


def test_a_question_after_the_answer_finds_the_event(tmp_path: Path) -> None:
    with server_here(tmp_path) as server:
        path = f"/batch?client_id={server.demo['client_id']}"
        event = [{"type": "custom", "name": "smoke"}]
        asked = ((path + "&wait=visible", None), (path, {WAIT_HEADER: "visible"}))
        for number, (where, headers) in enumerate(asked, 1):
            answer = server.call("POST", where, event, headers)
            assert (answer.status, answer.headers[WAIT_HEADER]) == (200, "visible")
            assert server.ask(QUESTION)["rows"] == [[number]]
        assert WAIT_HEADER not in server.call("POST", path, event).headers
        nobodys = "/batch?client_id=nobody&wait=visible"
        assert WAIT_HEADER not in server.call("POST", nobodys, event).headers
        assert WAIT_HEADER not in server.call("POST", path + "&wait=long", event).headers
