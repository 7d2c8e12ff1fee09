"""The walk of one run: settle what the last run left, step by step towards now.

A step is safe to be cut short anywhere. Its plan is written before its first statement starts, and
statements run under the plan's tokens: the next run waits for the very executions of this one. It
adds no row twice, for an INSERT leaves out what is cold already, and two of them never run at once.
"""

from collections.abc import Callable
from dataclasses import replace

from openbunker.compaction import planning, quarantine, statements
from openbunker.compaction.planning import Step, gone_of
from openbunker.compaction.services import CompactionServices
from openbunker.compaction.statements import Contents, Gone, Minutes
from openbunker.compaction.store import state as states
from openbunker.compaction.store.state import Plan, State
from openbunker.compaction.walk import Walk
from openbunker.core import layout
from openbunker.core.errors import StoreDamaged
from openbunker.core.times import DAY_MS
from openbunker.query.athena.executions import ExecutionFailed
from openbunker.query.engine import StatementRejected


class Run(Walk[State]):
    """One run of compaction; `rows` tells how many it has made cold."""

    def __init__(self, services: CompactionServices, seconds_left: Callable[[], float]) -> None:
        super().__init__(services, seconds_left, layout.COMPACTION_STATE, states.dumps)
        self.rows = 0
        data = self.read()
        self.state = State() if data is None else states.loads(data)

    def compact(self) -> bool:
        """Settle what was left over, then take step after step; return that something was due."""
        self._hand_over()
        if not self.state.listed_ms:
            self.finish(statements.create_table(self.services.bucket_name))
        self._settle()
        while self.has_time() and self._step():
            pass
        return True

    def _hand_over(self) -> None:
        """Forget what an earlier release kept here of erasures, once erasing has taken it over."""
        state = self.state
        if (state.batch or state.erasing) and self.services.bucket.get(layout.ERASING_STATE):
            self.save(replace(state, batch=None, erasing={}))

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
        """Return whose rows must not become cold. Raises ErasureStoreUnavailable."""
        store = self.services.erasures
        if store is None:
            return []
        found = [one for one in store.every() if one.project_id in held.projects]
        taken, left = planning.left_out(found, now_ms)
        if left:
            text = "late rows of the oldest erasures are not looked for"
            self.services.log({"level": "WARNING", "error": text, "count": left})
        return gone_of(taken)

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
