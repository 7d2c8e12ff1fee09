"""Whatever was delivered, compacted, cut short and merged: each event is in the answer, once.

Steps of a scripted day against a plain-Python model; the compaction is the real one, and so is
the lake, which stays open throughout as it does in a server.
"""

from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from openbunker.core import layout
from openbunker.core.event import Event
from openbunker.core.times import DAY_MS, MINUTE_MS
from openbunker.query.question import question
from openbunker.query.scope import Scope
from openbunker.query.sql import aggregates as sql
from openbunker_local.cold.manifest import load
from openbunker_local.compaction import merging
from openbunker_local.compaction.run import compact
from openbunker_local.lake.engine import DuckLake
from tests.support.cold import Halt, HaltingDisk
from tests.support.laws import drawn
from tests.support.query.lake import NOW_MS, PROJECT, event, lines, put

MINUTE, DAY = MINUTE_MS, DAY_MS
# When an event says that it happened: before its receipt by this much.
AGES = (0, 0, 30 * MINUTE, 20 * DAY, 40 * DAY, -10 * MINUTE, -3 * DAY)
PERIODS = ("minus_1_hours", "minus_2_days", "minus_60_days")


@dataclass(frozen=True)
class Sent:
    """An event to deliver. Copies with the same client id say that they happened at one time."""

    client: int | None
    age: int
    late: int
    project: str = PROJECT


@dataclass
class Day:
    """The data folder, its lake, and what it should hold."""

    data: Path
    lake: DuckLake
    now_ms: int = NOW_MS
    number: int = 0
    hot: dict[str, list[Event]] = field(default_factory=dict)
    cold: dict[tuple[str, str], Event] = field(default_factory=dict)

    def deliver(self, sent: Sequence[Sent]) -> None:
        """Write one object of events that arrive now."""
        events = [self._event(one) for one in sent]
        unique = f"00000000-0000-4000-8000-{self.number:012}"
        name = layout.hot_prefix(self.now_ms) + layout.object_name("events", self.now_ms, unique)
        put(self.data / name, lines(events))
        self.hot[name] = events

    def _event(self, sent: Sent) -> Event:
        self.number += 1
        received = self.now_ms - sent.late * MINUTE
        own = f"{self.number:032x}"
        key, happened = own, received - AGES[sent.age]
        if sent.client is not None:
            key, happened = f"client-{sent.client}", NOW_MS - AGES[sent.client]
        return event(self.number, event_id=own, dedupe_key=key, project_id=sent.project,
                     received_ms=received, timestamp_ms=happened)  # fmt: skip

    def compact(self, halt_at: int | None, *, after: bool) -> None:
        """Compact all closed minutes, perhaps cut short; the manifest says what was committed."""
        disk = None if halt_at is None else HaltingDisk(halt_at, after=after)
        with suppress(Halt):
            compact(self.data, self.now_ms, self.now_ms, disk=disk)
        committed = load(self.data).done & self.hot.keys()
        moved = [one for name in committed for one in self.hot.pop(name)]
        for one in sorted(moved, key=lambda e: (e.received_ms, e.event_id)):
            self.cold.setdefault((one.project_id, one.dedupe_key), one)

    def expected(self, days_ms: int) -> list[str]:
        """Return the ids that a period should hold."""
        hot = [one for events in self.hot.values() for one in events]
        firsts = dict(self.cold)
        for one in sorted(hot, key=lambda e: (e.received_ms, e.event_id)):
            firsts.setdefault((one.project_id, one.dedupe_key), one)
        return sorted(
            one.event_id
            for one in firsts.values()
            if one.project_id == PROJECT
            and self.now_ms - days_ms <= one.timestamp_ms <= self.now_ms
        )

    def check(self) -> None:
        """Ask for every period."""
        for period in PERIODS:
            asked = question.parse({"time_period": period, "group_by": ["event_id"]})
            plan = sql.plan(asked, Scope(PROJECT), self.now_ms)
            rows = plan.answer(self.lake.run(plan.statement))
            days_ms = {"hours": 60 * MINUTE, "days": DAY}[period.split("_")[2]]
            days_ms *= int(period.split("_")[1])

            assert rows == [[one, 1] for one in self.expected(days_ms)], period


SENT = st.builds(
    Sent,
    client=st.sampled_from([None, None, *range(len(AGES))]),
    age=st.integers(0, len(AGES) - 1),
    late=st.sampled_from([0, 0, 1, 45, 26 * 60]),
    project=st.sampled_from([PROJECT, PROJECT, "project-b"]),
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("deliver"), st.lists(SENT, min_size=1, max_size=4)),
        st.tuples(st.just("wait"), st.integers(1, 3)),
        st.tuples(st.just("compact"), st.none()),
        st.tuples(st.just("crash"), st.tuples(st.integers(0, 14), st.booleans())),
    ),
    min_size=3,
    max_size=12,
)


@pytest.fixture(autouse=True)
def few_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Merge early, so that a short day has merges."""
    monkeypatch.setattr(merging, "FAN_IN", 2)


ONE, AGAIN = Sent(0, 0, 0), Sent(0, 0, 45)


@drawn(3, of=15)
@given(STEPS)
@example([("deliver", [ONE]), ("wait", 1), ("compact", None), ("deliver", [AGAIN]), ("wait", 1),
          ("crash", (3, True)), ("compact", None), ("compact", None)])  # fmt: skip
@example([step for n in range(5) for step in (("deliver", [Sent(None, 0, 0), ONE]), ("wait", 1),
                                              ("compact", None))])  # fmt: skip
def test_each_event_is_counted_once_at_every_step(steps: list[tuple[str, object]]) -> None:
    with (
        TemporaryDirectory() as folder,
        closing(DuckLake(Path(folder), lambda: 0)) as lake,
    ):
        day = Day(Path(folder), lake)
        for step, what in steps:
            if step == "deliver":
                assert isinstance(what, list)
                day.deliver(what)
            elif step == "wait":
                assert isinstance(what, int)
                day.now_ms += what * MINUTE
            elif step == "compact":
                day.compact(None, after=False)
            else:
                assert isinstance(what, tuple)
                day.compact(what[0], after=what[1])
            day.check()
