"""Receipts from Athena: rows by id, in the partitions around the id's time.

Builds its conditions as syntax trees. Athena knows the object of a row and not its line.
"""

from dataclasses import dataclass

from sqlglot import exp

from openbunker.query import hiding
from openbunker.query.athena import OBJECT
from openbunker.query.engine import Engine, Scalar, Statement
from openbunker.query.receipts import AFTER_MS, BEFORE_MS, LOOK_BACK_MS, Place, Sighting, Sought
from openbunker.query.scope import EVENTS, Scope

# Firehose delivers within seconds; the alarm on its freshness rings at a minute.
LAG_MS = 120_000
MAX_ROWS = 100
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
        if seen[0].dedupe_key == seen[0].event_id:
            return seen
        same = exp.column("dedupe_key").eq(exp.Placeholder(this="id"))
        at_ms = seen[0].received_ms
        before = at_ms - LOOK_BACK_MS, at_ms + AFTER_MS
        return seen + self._rows(scope, same, seen[0].dedupe_key, before)

    def _rows(
        self, scope: Scope, condition: exp.Expression, text: str, minutes: tuple[int, int]
    ) -> list[Sighting]:
        parameters: dict[str, Scalar] = {"project": scope.project_id, "id": text}

        def bind(name: str, value: Scalar) -> exp.Placeholder:
            parameters[name] = value
            return exp.Placeholder(this=name)

        conditions = [exp.column("project_id").eq(exp.Placeholder(this="project")), condition]
        if scope.customer_identifier is not None:
            parameters["customer"] = scope.customer_identifier
            customer = exp.column("customer_identifier")
            conditions.append(customer.eq(exp.Placeholder(this="customer")))
        conditions += hiding.shown(scope.hidden, bind)
        order = (exp.column("received_ms"), exp.column("event_id"))
        tree = (
            exp.select(*map(exp.column, _COLUMNS))
            .from_(exp.to_table(EVENTS))
            .where(*conditions)
            .order_by(*order)
            .limit(MAX_ROWS)
        )
        table = self.engine.run(Statement(tree, parameters, *minutes))
        return [
            Sighting(
                place=Place.HOT,
                event_id=event_id,
                dedupe_key=dedupe_key,
                received_ms=received_ms,
                object=_key(path),
            )
            for event_id, dedupe_key, received_ms, path in table.rows
        ]


def _of_client() -> exp.Expression:
    """Compare the dedupe key with a client's id: as it is, or behind its dialect and scope."""
    wanted: list[exp.Expression] = [exp.Placeholder(this="id")]
    for scope in ("key_id", "event_name"):
        colon = exp.Literal.string(":")
        parts = [exp.column("dialect"), colon, exp.column(scope), colon.copy()]
        wanted.append(exp.Concat(expressions=[*parts, exp.Placeholder(this="id")]))
    return exp.column("dedupe_key").isin(*wanted)


def _key(path: str) -> str:
    """Return an object's key from its address: s3://bucket/key."""
    return path.split("/", 3)[3] if path.startswith("s3://") else path
