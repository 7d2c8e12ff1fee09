"""Receipts from Athena: rows by id, among what arrived around the id's time and among the cold.

Builds its conditions as syntax trees. Athena knows the object of a row and not its line. Objects
stay for days after their events are cold, so that copies which compaction dropped are found.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from openbunker.core.event import PUBLIC_SCOPE
from openbunker.query.engine import Engine, Scalar, Statement
from openbunker.query.question import period
from openbunker.query.receipts import AFTER_MS, BEFORE_MS, LOOK_BACK_MS, Place, Sighting, Sought
from openbunker.query.scope import COLD, EVENTS, OBJECT, Scope
from openbunker.query.sql import hiding

# Firehose delivers within seconds; the alarm on its freshness rings at a minute.
LAG_MS = 120_000
MAX_ROWS = 100
# An event may say that it happened at any time; what bounds the cold rows is their receipt.
ANY_TIME = (period.FIRST_MS, period.LAST_MS)
_COLUMNS = ("event_id", "dedupe_key", "received_ms", OBJECT)


@dataclass(frozen=True, slots=True)
class AthenaReceipts:
    """A ReceiptStore over the events of a deployment."""

    engine: Engine
    lag_ms: int = LAG_MS

    def sightings(self, scope: Scope, sought: Sought, now_ms: int) -> list[Sighting]:
        """Return the rows of an id, and the rows it is a copy of, in a bounded look-back."""
        seen: list[Sighting] = []
        if sought.event_id:
            near = sought.at_ms - BEFORE_MS, sought.at_ms + AFTER_MS
            condition = exp.column("event_id").eq(exp.Placeholder(this="id"))
            seen = self._rows(scope, condition, sought.event_id, near)
        if not seen:
            return self._rows(scope, _of_client(), sought.text, (now_ms - LOOK_BACK_MS, now_ms))
        if seen[0].place is Place.COLD or seen[0].dedupe_key == seen[0].event_id:
            return seen  # it is the one that counts, or no client gave it a key
        same = exp.column("dedupe_key").eq(exp.Placeholder(this="id"))
        at_ms = seen[0].received_ms
        before = at_ms - LOOK_BACK_MS, at_ms + AFTER_MS
        return seen + self._rows(scope, same, seen[0].dedupe_key, before)

    def _rows(
        self, scope: Scope, condition: exp.Expression, text: str, received: tuple[int, int]
    ) -> list[Sighting]:
        parameters: dict[str, Scalar] = {}

        def bind(name: str, value: Scalar) -> exp.Placeholder:
            parameters[name] = value
            return exp.Placeholder(this=name)

        bind("id", text)
        low, high = bind("received_from", max(0, received[0])), bind("received_to", received[1])
        within = exp.Between(this=exp.column("received_ms"), low=low, high=high)
        conditions = [*_scoped(scope, bind), condition]
        arrived = hiding.shown_of_late(scope.forgotten, bind)
        hot = _places(EVENTS, Place.HOT, [*conditions, *arrived])
        cold = _places(COLD, Place.COLD, [*conditions, within])
        both = exp.union(hot, cold, distinct=False).subquery("found")
        order = ("place", "received_ms", "event_id")
        tree = exp.select("*").from_(both).order_by(*order).limit(MAX_ROWS)
        table = self.engine.run(
            Statement(tree, parameters, *received, cold=ANY_TIME, all_hot=False)
        )
        return [
            Sighting(
                place=Place(place),
                event_id=event_id,
                dedupe_key=dedupe_key,
                received_ms=received_ms,
                object=_key(path),
            )
            for event_id, dedupe_key, received_ms, path, place in table.rows
        ]


def _scoped(scope: Scope, bind: hiding.Bind) -> list[exp.Expression]:
    found: list[exp.Expression] = [exp.column("project_id").eq(bind("project", scope.project_id))]
    if scope.customer_identifier is not None:
        customer = exp.column("customer_identifier")
        found.append(customer.eq(bind("customer", scope.customer_identifier)))
    return found + hiding.shown(scope.hidden, bind)


def _places(table: str, place: Place, conditions: Sequence[exp.Expression]) -> exp.Select:
    told = exp.Literal.string(place.value).as_("place")
    where = [condition.copy() for condition in conditions]
    return exp.select(*_COLUMNS, told).from_(exp.to_table(table)).where(*where)


def _of_client() -> exp.Expression:
    """Compare the dedupe key with a client's id: as it is, or behind its dialect and scopes."""
    wanted: list[exp.Expression] = [exp.Placeholder(this="id")]
    for before in ("", PUBLIC_SCOPE):
        for scope in ("key_id", "event_name"):
            colon = exp.Literal.string(":")
            parts = [exp.column("dialect"), colon, exp.column(scope), colon.copy()]
            parts = [exp.Literal.string(before), *parts] if before else parts
            wanted.append(exp.Concat(expressions=[*parts, exp.Placeholder(this="id")]))
    return exp.column("dedupe_key").isin(*wanted)


def _key(path: str) -> str:
    """Return an object's key from its address: s3://bucket/key."""
    return path.split("/", 3)[3] if path.startswith("s3://") else path
