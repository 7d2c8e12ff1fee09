"""What is done to a server under load: kills, faults, leftovers, drains, compactions, clock jumps.

Each scenario is a generator of results; how a trial starts servers and judges is in `trial`.
"""

import os
import signal
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from threading import Event

from bench.chaos import leftovers
from bench.chaos.trial import Result, Trial
from tests.support.workers import workers_of

TABLE = Path(__file__).with_name("faults.example.toml")
MAX_DRAIN_SECONDS = 20.0
# Between these, from the start of a server, its first compaction works; in seconds, about.
COMPACTING = (0.2, 2.0)
MAX_COMPACTION_LOOKS, COMPACTION_LOOK_SECONDS = 300, 0.1
CLOCK_SECONDS = 1_800.0
CLOCKS = (CLOCK_SECONDS, 0.0, -CLOCK_SECONDS)
# Where a call may fail although everything was stored, a 503 does not say that nothing was.
UNSURE_KINDS = ("timeout_after_commit",)


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of everything; `tempo` seconds is the longest load before something happens."""

    folder: Path
    seed: str
    kills: int
    workers: int
    restarts: int
    drains: int
    compactions: int
    tempo: float
    fault_seconds: float
    faults: int
    step: Callable[[], None]

    def steps(self) -> dict[str, int]:
        """Return how many pieces of work each scenario has."""
        return {
            "kills": self.kills,
            "workers": self.workers,
            "leftovers": self.restarts,
            "drains": self.drains,
            "compactions": self.compactions,
            "faults": len(self.table()),
            "clocks": len(CLOCKS),
        }

    def table(self) -> list[dict[str, object]]:
        """Return the faults of the example table, as many as the plan has."""
        found: list[dict[str, object]] = tomllib.loads(TABLE.read_text("utf-8"))["fault"]
        return found[: self.faults] if self.faults else found

    def trial(
        self, name: str, *, sure_503: bool = True, true_clock: bool = True, damaged: bool = False
    ) -> Trial:
        """Return a new trial of that name, which has a data folder of its own."""
        return Trial(
            name,
            self.folder,
            self.seed,
            self.step,
            sure_503=sure_503,
            true_clock=true_clock,
            damaged=damaged,
        )


def kills(plan: Plan) -> Iterator[Result]:
    """Kill -9 at random moments of the load, on one folder, again and again.

    Before each start an hour has passed for the objects, so that they are compacted at once. Every
    second kill waits until a compaction is likely under way; in every third the journal's disk
    fills up now and then, so that events are spilled and their replay is killed too.
    """
    trial = plan.trial("kill")
    spilling = _write(plan, "spilling", [_fault(kind="disk_full", every=30, lasting=10)])
    random = Random(trial.seed)
    for number in range(plan.kills):
        leftovers.age(trial.data)
        table = spilling if number % 3 == 1 else None
        with trial.server(table) as server, trial.clients(server):
            _wait(random.uniform(0.01, plan.tempo) + number % 2 * random.uniform(*COMPACTING))
            server.process.kill()
        plan.step()
    trial.note = f"{plan.kills} kills, {trial.compacted():,} events cold"
    yield trial.result()


def workers(plan: Plan) -> Iterator[Result]:
    """Kill -9 of one worker after the other under load; the server lives on, and then drains."""
    trial = plan.trial("workers")
    random, killed = Random(trial.seed), 0
    with trial.server() as server, trial.clients(server):
        for _ in range(plan.workers):
            _wait(random.uniform(0.1, 2 * plan.tempo))
            if found := workers_of(server.process.pid):
                os.kill(random.choice(found), signal.SIGKILL)
                killed += 1
            plan.step()
        trial.drain(server)
    if plan.workers and not killed:
        trial.ledger.problem("there was no worker to kill")
    trial.note = f"{killed} workers killed"
    yield trial.result()


def restarts(plan: Plan) -> Iterator[Result]:
    """Kill, put half-written files into the folder, and start again."""
    trial = plan.trial("leftovers", damaged=True)
    random, left = Random(trial.seed), 0
    for _ in range(plan.restarts):
        with trial.server() as server, trial.clients(server):
            _wait(random.uniform(0.1, plan.tempo))
            server.process.kill()
        left += leftovers.leave(trial.data, random)
        plan.step()
    trial.note = f"{left} half-written files"
    yield trial.result()


def drains(plan: Plan) -> Iterator[Result]:
    """SIGTERM under load; every second time answers are slow, so that many are under way."""
    trial = plan.trial("drain")
    random, slowest = Random(trial.seed), 0.0
    slow = _write(plan, "slow", [_fault(kind="slow", every=1, seconds=1.0)])
    for number in range(plan.drains):
        faults = slow if number % 2 else None
        with trial.server(faults) as server, trial.clients(server):
            _wait(random.uniform(0.1, plan.tempo))
            slowest = max(slowest, trial.drain(server))
        plan.step()
    if slowest > MAX_DRAIN_SECONDS:
        trial.ledger.problem(f"a drain took {slowest:.1f} s")
    trial.note = f"{plan.drains} drains, slowest {slowest:.1f} s"
    yield trial.result()


def compactions(plan: Plan) -> Iterator[Result]:
    """Load and readers until a compaction is through; an hour has passed before each start."""
    trial = plan.trial("compaction")
    with trial.server() as server, trial.clients(server):
        _wait(plan.tempo)
        trial.drain(server)
    for _ in range(plan.compactions):
        leftovers.age(trial.data)
        before = trial.compacted()
        with trial.server() as server, trial.clients(server):
            for _ in range(MAX_COMPACTION_LOOKS):
                _wait(COMPACTION_LOOK_SECONDS)
                if trial.compacted() > before:
                    break
            else:
                trial.ledger.problem("nothing was compacted")
            _wait(plan.tempo)
            trial.drain(server)
        plan.step()
    trial.note = f"{plan.compactions} compactions, {trial.compacted():,} events cold"
    yield trial.result()


def faults(plan: Plan) -> Iterator[Result]:
    """Each fault of the example table alone, on a folder of its own; then a healthy start."""
    for fault in plan.table():
        name, clock = str(fault["name"]), fault["kind"] == "clock"
        sure_503 = fault["kind"] not in UNSURE_KINDS
        trial = plan.trial(f"fault-{name}", sure_503=sure_503, true_clock=not clock)
        file = _write(plan, name, [fault])
        with trial.server(file) as server:
            with trial.clients(server):
                _wait(plan.fault_seconds)
            trial.drain(server)
        struck = trial.struck.get(name, 0)
        if not struck and plan.fault_seconds >= 1:
            trial.ledger.problem("the fault never struck")
        trial.note = f"struck {struck:,} times"
        plan.step()
        yield trial.result(_ahead(plan) if clock else None)


def clocks(plan: Plan) -> Iterator[Result]:
    """Starts whose clock is ahead, right and behind; the load ends with a kill each time."""
    trial = plan.trial("clock-between-starts", true_clock=False)
    for number, offset in enumerate(CLOCKS):
        file = _clock(plan, f"offset-{number}", offset)
        with trial.server(file) as server, trial.clients(server):
            _wait(plan.fault_seconds)
            server.process.kill()
        plan.step()
    trial.note = "30 minutes ahead, right, 30 minutes behind"
    yield trial.result(_ahead(plan))


SCENARIOS = {
    "kills": kills,
    "workers": workers,
    "leftovers": restarts,
    "drains": drains,
    "compactions": compactions,
    "faults": faults,
    "clocks": clocks,
}


def _ahead(plan: Plan) -> Path:
    """Return a table whose clock is past every event: questions end now."""
    return _clock(plan, "ahead", 2 * CLOCK_SECONDS)


def _clock(plan: Plan, name: str, offset: float) -> Path:
    return _write(plan, name, [_fault(kind="clock", every=1, offset_seconds=offset)])


def _fault(**fault: object) -> dict[str, object]:
    return {"name": "always", "times": 1_000_000, **fault}


def _write(plan: Plan, name: str, table: list[dict[str, object]]) -> Path:
    """Write a table of faults with the plan's seed and return its file."""
    lines = [f"seed = {Random(plan.seed).randrange(2**31)}"]
    for fault in table:
        lines.append("[[fault]]")
        lines += [f"{key} = {value!r}" for key, value in fault.items()]
    file = plan.folder / f"{name}.toml"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def _wait(seconds: float) -> None:
    Event().wait(seconds)
