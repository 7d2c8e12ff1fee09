"""Both functions at work at once: each goes on by one of its calls, and may die at any of them.

The table is as Iceberg has it: a statement sees what was there when it began, and takes effect when
it ends. Of two that rewrite, the later one fails; an INSERT crosses nothing, and no DELETE sees it.
"""

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from threading import Semaphore, Thread
from typing import Any

from openbunker.compaction.endpoint import serve_compaction, serve_erasure
from openbunker.compaction.erasing import SNAPSHOT_AGE_MS
from openbunker.compaction.services import CompactionServices
from openbunker.core import layout
from openbunker.erasure.model import Erasure
from openbunker.query.athena.executions import Executions
from tests.support.query.athena import as_duckdb
from tests.unit.compaction.cloud import _TABLE, Athena, Cloud, Dead

CONFLICT = {"State": "FAILED", "StateChangeReason": "ICEBERG_COMMIT_ERROR: it was written to"}
LIMIT_MS = 840_000
POLLS = 6  # so often is a statement seen to run
FUNCTIONS = {"compact": serve_compaction, "erase": serve_erasure}


class Running:
    """One call of a function, in a thread that goes on when told to."""

    def __init__(self, call: Callable[[], object]) -> None:
        self.over = False
        self.fault: BaseException | None = None
        self._dies = False
        self._go, self._paused = Semaphore(0), Semaphore(0)
        self._call = call
        Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        try:
            self._wait()
            self._call()
        except Dead:
            pass
        except BaseException as error:
            self.fault = error
        self.over = True
        self._paused.release()

    def _wait(self) -> None:
        self._go.acquire()
        if self._dies:
            raise Dead

    def pause(self) -> None:
        """Wait, in its own thread, until it is told to go on."""
        self._paused.release()
        self._wait()

    def go(self) -> None:
        """Have it do its next call."""
        self._go.release()
        self._paused.acquire()
        if self.fault:
            raise self.fault

    def die(self) -> None:
        """Have it die before its next call."""
        self._dies = True
        while not self.over:
            self.go()


class Paused:
    """What a function calls, each call of it a step."""

    def __init__(self, real: Any, pause: Callable[[], None]) -> None:
        self._real, self._pause = real, pause

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._real, name)

        def call(*values: Any, **named: Any) -> Any:
            self._pause()
            return real(*values, **named)

        return call


class Iceberg(Athena):
    """Athena whose statements take some polls, over a table of snapshots."""

    def __init__(self, cloud: "Sides") -> None:
        super().__init__(cloud.bucket, cloud.life)
        self.cloud = cloud
        self.database.execute("CREATE SEQUENCE numbers")
        self.polls: dict[str, int] = {}
        self.commits: dict[str, Callable[[], None]] = {}
        self.rewritten = 0
        self.deleted: list[dict[str, Any]] = []  # rows whose bytes are in the newest snapshot still
        self.vacuumed_ms: list[int] = []  # when those began that have ended
        self.conflicts = 0

    def _execute(self, execution: str, verb: str, text: str) -> None:
        if verb == "CREATE":
            columns = f"{_TABLE}, dt VARCHAR, number BIGINT DEFAULT nextval('numbers')"
            self.database.execute(f"CREATE TABLE IF NOT EXISTS cold_events ({columns})")
            return
        if verb == "SELECT":
            super()._execute(execution, verb, text)
            return
        begun = {"INSERT": self._insert, "DELETE": self._delete, "OPTIMIZE": self._optimize,
                 "VACUUM": self._vacuum}[verb](execution, text)  # fmt: skip
        self.commits[execution] = begun
        self.polls[execution] = POLLS

    def _insert(self, execution: str, text: str) -> Callable[[], None]:
        self._load()
        target, _, select = text.partition(" SELECT ")
        table = f"written_{len(self.texts)}"
        self.database.execute(f"CREATE TABLE {table} AS {as_duckdb(f'SELECT {select}', [])}")
        return lambda: self._insert_now(f"{target} SELECT * FROM {table}")

    def _insert_now(self, text: str) -> None:
        self.database.execute(text)

    def _delete(self, execution: str, text: str) -> Callable[[], None]:
        asked = text.replace("DELETE FROM", "SELECT number FROM", 1)
        numbers = [n for (n,) in self.database.execute(as_duckdb(asked, [])).fetchall()]

        def take() -> None:
            self.deleted += [row for row in self.cold() if row["number"] in numbers]
            named = ", ".join(map(str, numbers)) or "NULL"
            self.database.execute(f"DELETE FROM cold_events WHERE number IN ({named})")

        return self._rewriting(execution, take)

    def _optimize(self, execution: str, text: str) -> Callable[[], None]:
        seen = [row for row in self.deleted if f"'{row['dt']}'" in text or "WHERE" not in text]

        def join() -> None:
            self.deleted = [row for row in self.deleted if row not in seen]

        return self._rewriting(execution, join)

    def _vacuum(self, execution: str, text: str) -> Callable[[], None]:
        at_ms = self.cloud.now_ms
        return lambda: self.vacuumed_ms.append(at_ms)

    def _rewriting(self, execution: str, effect: Callable[[], None]) -> Callable[[], None]:
        begun = self.rewritten

        def commit() -> None:
            if self.rewritten != begun:
                self.conflicts += 1
                self._statuses[execution] = CONFLICT
                return
            self.rewritten += 1
            effect()

        return commit

    def get_query_execution(self, **request: Any) -> dict[str, Any]:
        execution = request["QueryExecutionId"]
        if execution in self.polls:
            self.polls[execution] -= 1
            if self.polls[execution] > 0:
                return {"QueryExecution": {"Status": {"State": "RUNNING"}}}
            self.end(execution)
        return super().get_query_execution(**request)

    def end(self, execution: str) -> None:
        """End a statement: it takes effect, or fails."""
        self.cloud.note()
        del self.polls[execution]
        self.commits.pop(execution)()

    def end_all(self) -> None:
        """End all of them: Athena gives none more than half an hour."""
        for execution in list(self.polls):
            self.end(execution)


class Sides(Cloud):
    """The cloud in which one run of each function may be under way."""

    def __init__(self) -> None:
        super().__init__(hot_days=2)
        self.athena: Iceberg = Iceberg(self)
        self.under_way: dict[str, tuple[Running, int]] = {}
        self.held_ms: dict[str, int] = {}
        self.delivered_ms: dict[str, int] = {}
        marked = self.erasures.mark_erased

        def mark(erasure: Erasure, at_ms: int) -> None:
            self._hold_that_it_is_gone(erasure)
            marked(erasure, at_ms)

        self.erasures.mark_erased = mark  # type: ignore[method-assign]

    def go(self, function: str, steps: int) -> None:
        """Have a function go on by some of its calls; begin a run where none is under way."""
        running, since_ms = self.under_way.get(function) or self._begun(function)
        if self.now_ms - since_ms > LIMIT_MS:
            self.die(function)
            return
        for _ in range(steps):
            if not running.over:
                running.go()
        if running.over:
            del self.under_way[function]

    def die(self, function: str) -> None:
        """Have the run of a function die, where one is under way."""
        if running := self.under_way.pop(function, None):
            running[0].die()

    def wait(self, minutes: int) -> None:
        """Let time pass: no run lives for longer than a quarter of an hour."""
        self.now_ms += minutes * 60_000
        if minutes >= 14:
            for function in FUNCTIONS:
                self.die(function)
            self.athena.end_all()

    def note(self) -> None:
        """Keep for each erasure when the newest snapshot last held something of hers."""
        rows = self.athena.cold() + self.athena.deleted
        for one in self.erasures.every():
            if any(_is_hers(one, row) for row in rows):
                self.held_ms[one.erasure_id] = self.now_ms

    def _begun(self, function: str) -> tuple[Running, int]:
        def call() -> None:
            services = self._paused(running.pause)
            FUNCTIONS[function]({}, None, services, lambda: self.now_ms / 1000)

        running = Running(call)
        self.under_way[function] = running, self.now_ms
        return self.under_way[function]

    def _paused(self, pause: Callable[[], None]) -> CompactionServices:
        client: Any = Paused(self.athena, pause)
        bucket: Any = Paused(self.bucket, pause)
        store: Any = Paused(self.erasures, pause)
        seconds = lambda: self.now_ms / 1000  # noqa: E731
        executions = Executions(client, "group", "base", self._sleep, seconds)
        return replace(self.services(), executions=executions, bucket=bucket, erasures=store)

    def _hold_that_it_is_gone(self, one: Erasure) -> None:
        self.note()
        rows = self.athena.cold() + self.athena.deleted
        assert not [row for row in rows if _is_hers(one, row)], "the table holds rows of hers"
        since_ms = self.held_ms.get(one.erasure_id)
        vacuumed = self.athena.vacuumed_ms
        assert since_ms is None or max(vacuumed, default=0) >= since_ms + SNAPSHOT_AGE_MS
        for key, (data, _) in self.bucket.objects.items():
            if layout.parse(key) and self.delivered_ms[key] <= one.requested_ms:
                lines = [json.loads(line) for line in gzip.decompress(data).splitlines()]
                assert not [line for line in lines if _is_hers(one, line)], key


def _is_hers(one: Erasure, row: dict[str, Any]) -> bool:
    return one.covers(row["project_id"], row.get("customer_identifier"), row["received_ms"])
