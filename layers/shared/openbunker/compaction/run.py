"""The walk of one run: settle what the last run left, step by step towards now.

A step is safe to be cut short anywhere. Its plan is written before its first statement starts, and
statements run under the plan's tokens: the next run waits for the very executions of this one. It
adds no row twice, for an INSERT leaves out what is cold already, and two of them never run at once.
"""

from collections.abc import Callable
from dataclasses import replace

from openbunker.compaction import planning, quarantine, statements
from openbunker.compaction.planning import Step
from openbunker.compaction.services import CompactionServices
from openbunker.compaction.statements import Contents, Gone, Minutes
from openbunker.compaction.store import state as states
from openbunker.compaction.store.state import Plan, State
from openbunker.core import layout
from openbunker.core.errors import StoreDamaged
from openbunker.core.times import DAY_MS
from openbunker.erasure.model import Erasure
from openbunker.query.athena.executions import ExecutionFailed
from openbunker.query.engine import StatementRejected

# Nothing is begun when less is left of the function's time.
RESERVE_SECONDS = 60.0
# So long may rows of an erased customer still turn up: the spill keeps a message for 14 days.
LATE_MS = 15 * DAY_MS
# Persons of a batch of erasures, and those whose late rows a step leaves out. A statement has
# 262,144 bytes, and a person takes 47 of them.
MAX_GONE, MAX_LATE = 500, 2_500


class Run:
    """One run: the state as it was last written, and the tag of that version.

    `rows` tells how many it has compacted, `looked` into how many objects it has for erasures.
    `seconds_left` tells how much of the function's time is left. Every method raises
    OpenbunkerError when a service failed, and then the next run goes on.
    """

    def __init__(self, services: CompactionServices, seconds_left: Callable[[], float]) -> None:
        self.services = services
        self.seconds_left = seconds_left
        self.rows = 0
        self.looked = 0
        found = services.bucket.get(layout.COMPACTION_STATE)
        self._tag = found.tag if found else None
        self.state = states.loads(found.data) if found else State()

    def save(self, state: State) -> None:
        """Write the state. Raises Crossed when another run did."""
        bucket = self.services.bucket
        self._tag = bucket.put(layout.COMPACTION_STATE, states.dumps(state), self._tag)
        self.state = state

    def has_time(self) -> bool:
        """Return whether there is time to begin something."""
        return self.seconds_left() > RESERVE_SECONDS

    def compact(self) -> bool:
        """Settle what was left over, then take step after step; return that something was due."""
        if not self.state.listed_ms:
            self.finish(statements.create_table(self.services.bucket_name))
        self._settle()
        while self.has_time() and self._step():
            pass
        return True

    def finish(self, text: str, token: str | None = None) -> str:
        """Run a statement to its end and return the execution. Cancels nothing when time is up."""
        executions = self.services.executions
        execution = executions.start(text, token=token)
        executions.wait(execution, self.seconds_left() - RESERVE_SECONDS / 2, cancel=False)
        return execution

    def _step(self) -> bool:
        """Take a step and return whether there is another one."""
        now_ms, services = self.services.now_ms(), self.services
        listing = services.bucket.listed(layout.HOT)
        step = planning.next_step(self.state, listing, now_ms, services.hot_days)
        services.bucket.delete(step.expired)
        if step.minutes:
            self.save(replace(self.state, pending=self._plan(step, now_ms)))
            self._settle()
        else:
            self.save(replace(self.state, compacted_to_ms=step.to_ms, listed_ms=now_ms))
        return step.to_ms < planning.closed_ms(now_ms)

    def _plan(self, step: Step, now_ms: int) -> Plan:
        execution = self._over(step.minutes, statements.contents(step.minutes))
        held = Contents.of(self.services.executions.rows(execution))
        gone = self._gone(held, now_ms)
        return Plan(
            plan_id=self.services.new_id(now_ms),
            statements=tuple(self._inserts(step.minutes, held, gone)),
            compacted_to_ms=step.to_ms,
            listed_ms=now_ms,
            rows=held.rows,
        )

    def _over(self, minutes: tuple[Minutes, ...], text: str) -> str:
        """Run a statement over some minutes; once more without the objects that are damaged."""
        while True:
            try:
                return self.finish(text)
            except StoreDamaged as error:
                keys = quarantine.named(str(error)) or quarantine.of_minutes(self.services, minutes)
                if not quarantine.set_aside(self.services, keys) or not self.has_time():
                    raise

    def _inserts(self, minutes: tuple[Minutes, ...], held: Contents, gone: list[Gone]) -> list[str]:
        size = statements.MAX_DAYS
        chunks = (held.days[at : at + size] for at in range(0, len(held.days), size))
        since = None
        if self.services.dedupe_days:
            since = layout.day(self.services.now_ms() - self.services.dedupe_days * DAY_MS)
        return [
            statements.insert(minutes, days, held.projects_with_ids, since, gone) for days in chunks
        ]

    def _gone(self, held: Contents, now_ms: int) -> list[Gone]:
        """Return whose rows must not become cold: those who are worked on, who wait, the newest.

        The first ones' rows are looked for once and not again.
        """
        store = self.services.erasures
        if store is None:
            return []
        found = [one for one in store.every() if one.project_id in held.projects]
        late = [one for one in found if (one.erased_ms or now_ms) > now_ms - LATE_MS]
        under_way = self.state.batch.erasures if self.state.batch else ()
        late.sort(
            key=lambda one: (
                one.erasure_id not in under_way,
                one.erased_ms is not None,
                -one.requested_ms,
            )
        )
        if len(late) > MAX_LATE:
            text = "late rows of the oldest erasures are not looked for"
            self.services.log({"level": "WARNING", "error": text, "count": len(late) - MAX_LATE})
        return gone_of(late[:MAX_LATE])

    def _settle(self) -> None:
        """Run the statements of the plan that is pending, then say that it is done."""
        plan = self.state.pending
        if plan is None:
            return
        try:
            for index, text in enumerate(plan.statements):
                self.finish(text, plan.token(index))
        except (ExecutionFailed, StatementRejected):
            # It has ended without a row, so another plan may be made.
            self.save(self.state.dropped())
            raise
        self.save(self.state.settled())
        self.rows += plan.rows


def gone_of(erasures: list[Erasure]) -> list[Gone]:
    """Return erasures in the words of statements."""
    return [Gone(one.customer_hash, one.requested_ms) for one in erasures]
