"""Against the real collector: good events are stored once, bad ones named, all counted."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from openbunker_client import Client, Report, Unsent
from tests.support.server import RunningServer, running_server

GOOD, BAD = 250, 7


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A collector of this repository, on loopback."""
    with running_server(Path(tmp_path_factory.mktemp("collector"))) as found:
        yield found


def test_good_and_bad_events_are_counted_and_stored_once(
    server: RunningServer, tmp_path: Path
) -> None:
    told: list[Unsent] = []
    demo = server.demo
    with Client(
        demo["client_id"], server.url + "/", spool=tmp_path, gzip=True, on_refused=told.append,
        query_key=demo["query_key"],
    ) as client:  # fmt: skip
        ids = [client.track("sdk_good", {"at": at}, anonymous_id="a") for at in range(GOOD)]
        bad = [client.track("x" * 129) for _ in range(BAD)]
        assert client.flush(30) == Report(sent=GOOD, refused=BAD, pending=0, dropped=0)
        client.track("sdk_good", {"at": 0}, event_id=ids[0])  # as a retry sends it
        assert client.flush(30).sent == GOOD + 1
        assert [unsent.event_id for unsent in told] == bad
        assert {unsent.reason for unsent in told} == {"invalid_schema"}
        assert told[0].message.startswith("Invalid event schema; name: ")
        server.wait_until_visible()
        count = {"computations": [{"function": "count"}], "time_period": "minus_60_minutes",
                 "group_by": ["event_name"]}  # fmt: skip
        assert ["sdk_good", GOOD] in server.ask(count)["rows"]
        receipt = client.receipt(ids[3])
        assert receipt is not None
        assert receipt["status"] == "stored"
        assert client.receipt("nobody") is None


def test_the_first_lines_of_the_readme_do_what_they_say(
    server: RunningServer, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    code = blocks[0] + blocks[1]
    code = code.replace("YOUR-WRITE-KEY", server.demo["client_id"])
    exec(code.replace("http://127.0.0.1:3000", server.url), {})
    sent, refused = capsys.readouterr().out.splitlines()
    assert sent in text
    _, _, told = refused.partition(" ")
    assert f"# … {told}\n" in text


def test_a_key_that_is_unknown_is_told_of_every_event(server: RunningServer) -> None:
    told: list[Unsent] = []
    with Client("nobody", server.url, on_refused=told.append) as client:
        client.track("a")
        assert client.flush(30) == (0, 1, 0, 0)
    assert told[0].reason == "unknown_key"
    assert told[0].message == "Invalid or inactive client ID"
