"""What holds whatever a server does: the counts add up, nothing is lost in silence or doubled."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbunker_client.delivery.spool import Spool
from openbunker_client.model import Item
from sdk.tests.simulated import TROUBLES, Clock, Collector, Driven, files

NAMES = st.sampled_from(["good", "good", "good", "good", "bad", "deadly"])
ACTIONS = st.one_of(
    st.tuples(st.just("track"), NAMES),
    st.tuples(st.just("step"), st.sampled_from([0.0, 0.6, 2.1, 40.0])),
    st.tuples(st.just("freeze"), st.sampled_from([-500.0, 1e6])),
)
TROUBLE = st.sampled_from(("", "", "", *TROUBLES))


@settings(max_examples=150, deadline=None)
@given(
    actions=st.lists(ACTIONS, max_size=60),
    troubles=st.lists(TROUBLE, max_size=25),
    batch_size=st.integers(1, 5),
    queue=st.integers(1, 12),
    retries=st.integers(0, 6),
    seed=st.integers(0, 9),
    spooled=st.booleans(),
)
def test_every_event_comes_to_one_end_and_the_counts_add_up(  # noqa: PLR0917
    actions: list[tuple[str, str | float]],
    troubles: list[str],
    batch_size: int,
    queue: int,
    retries: int,
    seed: int,
    spooled: bool,
) -> None:
    with TemporaryDirectory() as folder:
        clock = Clock()
        collector = Collector(clock, troubles)
        client = Driven(
            collector, clock, seed=seed, spool=Path(folder) if spooled else None,
            batch_size=batch_size, max_queue_size=queue, max_retries=retries,
        )  # fmt: skip
        tracked = played(client, actions)
        client.run()
        report = client.engine.report()
        dropped = {unsent.event_id for unsent in client.dropped}
        refused = {unsent.event_id for unsent in client.refused}
        assert refused | dropped >= {event_id for event_id in tracked if "bad" in event_id}
        assert (report.sent, report.refused, report.dropped) == (
            len(tracked) - len(refused) - len(dropped), len(refused), len(dropped),
        )  # fmt: skip
        assert not refused & dropped
        assert set(tracked) - refused - dropped <= set(collector.stored)
        assert len(client.dropped) + len(client.refused) == len(dropped | refused)  # told once
        if spooled:
            assert not dropped
        client.engine.close(0)
        assert not list(Path(folder).iterdir())


@settings(max_examples=100, deadline=None)
@given(
    before=st.lists(NAMES, max_size=12), after=st.lists(NAMES, max_size=12),
    troubles=st.lists(TROUBLE, max_size=8), batch_size=st.integers(1, 5),
    queue=st.integers(1, 30), spooled=st.booleans(),
)  # fmt: skip
def test_a_flush_ends_when_all_of_before_have_and_no_sooner(  # noqa: PLR0917
    before: list[str], after: list[str], troubles: list[str], batch_size: int, queue: int,
    spooled: bool,
) -> None:  # fmt: skip
    with TemporaryDirectory() as folder:
        clock = Clock()
        client = Driven(
            Collector(clock, troubles), clock, spool=Path(folder) if spooled else None,
            batch_size=batch_size, max_queue_size=queue, max_retries=6,
        )  # fmt: skip
        names = [name for name in before if not (spooled and name == "deadly")]
        ids = {at for at, name in enumerate(names) if client.track(name, f"{at}")}
        mark = client.engine.begin_flush()
        late = iter(enumerate(after, len(names)))
        for _ in range(1_000):
            if client.engine.flushed(mark):
                break
            assert ids & pending(client)
            for at, name in late:
                client.track("good" if spooled else name, f"{at}")
                break
            if not client.engine.step():
                clock.now += 0.5
        assert client.engine.flushed(mark)
        assert not ids & pending(client)
        client.engine.end_flush(mark)
        client.engine.close(0)


def pending(client: Driven) -> set[int]:
    """Return the ids that have not come to their end, wherever they are."""
    core, spool = client.engine._outbox._core, client.engine._outbox._spool
    held = [*core._queue, *(core._in_flight or ())]
    found = {int(json.loads(item.body)["eventId"]) for item in held}
    for segment in spool._segments if spool else ():
        lines = segment.path.read_bytes()[segment.read_at :].splitlines()
        found |= {int(json.loads(line[9:])["eventId"]) for line in lines}
    return found


def played(client: Driven, actions: list[tuple[str, str | float]]) -> list[str]:
    """Do as told; return the ids of what was taken in. The counts are looked at all along."""
    tracked: list[str] = []
    for at, (action, value) in enumerate(actions):
        if action == "track":
            endless = value == "deadly" and client.settings.spool  # would be tried without end
            name = "good" if endless else str(value)
            event_id = f"{name}-{at}"
            if client.track(name, event_id):
                tracked.append(event_id)
        else:
            client.clock.now += float(value)
            client.engine.step()
        assert client.engine.report().tracked == len(tracked)
    return tracked


@settings(max_examples=60, deadline=None)
@given(
    before=st.integers(0, 30), after=st.integers(0, 10), steps=st.integers(0, 8),
    troubles=st.lists(TROUBLE, max_size=6), queue=st.integers(1, 12),
)  # fmt: skip
def test_what_a_process_leaves_in_the_spool_is_sent_by_the_next_one(
    before: int, after: int, steps: int, troubles: list[str], queue: int
) -> None:
    with TemporaryDirectory() as folder:
        clock = Clock()
        collector = Collector(clock, troubles)
        first = Driven(collector, clock, spool=Path(folder), batch_size=3, max_queue_size=queue)
        ids = [f"good-{at}" for at in range(before)]
        assert all(first.track("good", event_id) for event_id in ids)
        first.engine.begin_flush()
        for _ in range(steps):
            first.engine.step()
            clock.now += 1
        first.engine.forked()  # lets go of its files without settling anything, as a death does
        second = Driven(collector, clock, spool=Path(folder), batch_size=3, max_queue_size=queue)
        later = [f"later-{at}" for at in range(after)]
        assert all(second.track("good", event_id) for event_id in later)
        second.run()
        assert set(collector.stored) == {*ids, *later}
        assert second.engine.report().tracked <= before + after
        second.engine.close(0)
        assert not list(Path(folder).iterdir())


@pytest.mark.parametrize("events", [100, 101, 350], ids=["lone batch", "one behind", "many"])
@pytest.mark.parametrize(("name", "cause"), [("poison", "HTTP 500"), ("deadly", "reset by peer")])
@pytest.mark.parametrize("at", [0, 77, 99])
def test_a_poisoned_event_harms_no_other(events: int, name: str, cause: str, at: int) -> None:
    clock = Clock()
    client = Driven(Collector(clock), clock)
    for number in range(events):
        client.track(name if number == at else "good", f"{number}")
    client.run()
    assert client.engine.report()[:4] == (events - 1, 0, 0, 1)
    assert [unsent.event_id for unsent in client.dropped] == [f"{at}"]
    assert cause in client.dropped[0].message


def test_a_poisoned_event_in_a_spool_holds_up_no_other(tmp_path: Path) -> None:
    clock = Clock()
    client = Driven(Collector(clock), clock, spool=tmp_path)
    for number in range(250):
        client.track("deadly" if number == 7 else "good", f"{number}")
    client.engine.begin_flush()
    begun = clock.now
    while client.engine.report().pending > 1:
        if not client.engine.step():
            clock.now += 0.5
    assert client.engine.report() == (249, 0, 1, 0)
    assert clock.now - begun < 60


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=40).filter(lambda b: b"\n" not in b), max_size=30))
def test_any_line_is_read_as_it_was_written(bodies: list[bytes]) -> None:
    with TemporaryDirectory() as name:
        one = Spool(Path(name), "key", max_segment=200)
        for found in bodies:
            one.append(found, room=False)
        fed: list[Item] = []
        while one.backlog:
            fed += one.feed(4)
        assert [item.body for item in fed] == bodies
        one.settle(fed)
        one.close()
        assert files(Path(name)) == []
