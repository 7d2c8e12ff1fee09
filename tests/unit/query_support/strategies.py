"""Random events and questions. Numbers are halves of moderate size, so that sums are exact."""

from typing import Any

from hypothesis import strategies as st

from openbunker.event import Event
from openbunker.query.sql import ARRIVAL_SLACK_MS
from tests.unit.query_support.lake import HOUR_MS, NOW_MS, PROJECT, event

# What arrived earlier is not looked for by the shortest period that is drawn (docs/query.md).
ARRIVED_WITHIN_MS = HOUR_MS + ARRIVAL_SLACK_MS

TEXTS = st.one_of(
    st.sampled_from(["", "a", "a b", "A", "5", "5.0", "true", "null", "it's", '"', "\\", "%.0"]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6),
)
NUMBERS = st.one_of(
    st.integers(-1000, 1000),
    st.integers(0, 2**40),
    st.integers(-200, 200).map(lambda half: half / 2 + 0.0),
)
SCALARS = st.one_of(TEXTS, NUMBERS, st.booleans(), st.none())
VALUES = st.one_of(SCALARS, st.lists(NUMBERS, max_size=2), st.dictionaries(TEXTS, SCALARS))
NAMES = ("plan", "price", "p l'an", "größe")
PATHS = (*NAMES, "nested.city", "nested.plan", "properties.country", "missing", "plan.deeper")
COLUMNS = ("event_name", "country", "customer_identifier", "metric_value")


def properties() -> st.SearchStrategy[dict[str, Any]]:
    """Return properties with few names, so that questions find something."""
    flat = dict.fromkeys((*NAMES, "country"), VALUES)
    nested = st.fixed_dictionaries({}, optional={"city": SCALARS, "plan": SCALARS})
    return st.fixed_dictionaries({}, optional={**flat, "nested": nested})


@st.composite
def events(draw: st.DrawFn) -> list[Event]:
    """Return events of two projects and customers, some of them copies, all in the window."""
    found = []
    for number in range(draw(st.integers(0, 12))):
        found.append(
            event(
                number,
                project_id=draw(st.sampled_from([PROJECT, "project-b"])),
                dedupe_key=draw(st.sampled_from(["k1", "k2", f"own-{number}"])),
                event_name=draw(st.sampled_from(["signup", "pay"])),
                country=draw(st.sampled_from([None, "DE", "FR"])),
                customer_identifier=draw(st.sampled_from([None, "c1", "c2"])),
                metric_value=draw(st.sampled_from([None, 0.5, 2.0, 40.0])),
                received_ms=NOW_MS - draw(st.integers(0, ARRIVED_WITHIN_MS)),
                timestamp_ms=NOW_MS - draw(st.sampled_from([-1, 0, 1, HOUR_MS, HOUR_MS + 1])),
                properties=draw(properties()),
            )
        )
    return found


@st.composite
def bodies(draw: st.DrawFn) -> dict[str, Any]:
    """Return a question that is valid."""
    groups = draw(st.lists(st.sampled_from(COLUMNS + PATHS), max_size=3, unique=True))
    computations = draw(st.lists(st.sampled_from(_COMPUTATIONS), min_size=1, max_size=3,
                                 unique_by=lambda c: tuple(c.values())))  # fmt: skip
    names = [*groups, *("_".join(c.values()) for c in computations)]
    return {
        "time_period": draw(st.sampled_from(["minus_60_minutes", "minus_1_hours", "minus_1_days"])),
        "group_by": groups,
        "computations": computations,
        "filters": draw(st.lists(_filters(), max_size=2)),
        "order_by": draw(st.lists(_orders(names), max_size=2)),
        "limit": draw(st.sampled_from([1, 3, 1000])),
    }


_COMPUTATIONS = (
    {"function": "count"},
    {"function": "count", "field_name": "plan"},
    {"function": "count", "field_name": "country"},
    {"function": "sum", "field_name": "price"},
    {"function": "sum", "field_name": "nested.city"},
    {"function": "sum", "field_name": "metric_value"},
)


def _filters() -> st.SearchStrategy[dict[str, Any]]:
    texts = st.sampled_from(["signup", "DE", "c1", "it's", None])
    columns = st.tuples(st.sampled_from(COLUMNS[:3]), texts)
    numbers = st.tuples(st.just("metric_value"), st.sampled_from([0.5, 2, None]))
    custom = st.tuples(st.sampled_from(PATHS), SCALARS)
    return st.one_of(columns, numbers, custom).map(
        lambda pair: {"field_name": pair[0], "op": "equals", "value": pair[1]}
    )


def _orders(names: list[str]) -> st.SearchStrategy[dict[str, str]]:
    direction = st.sampled_from(["ASC", "DESC"])
    return st.fixed_dictionaries({"field_name": st.sampled_from(names), "direction": direction})
