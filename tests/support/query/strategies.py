"""Random events and questions. Numbers are halves of moderate size, so that sums are exact."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from hypothesis import strategies as st

from openbunker.core.event import Event
from openbunker.query.sql.aggregates import ARRIVAL_SLACK_MS
from tests.support.query.lake import HOUR_MS, NOW_MS, PROJECT, event

# What arrived earlier is not looked for by the shortest period that is drawn, which is today at
# midnight: nothing but this moment (docs/query.md).
ARRIVED_WITHIN_MS = ARRIVAL_SLACK_MS

TEXTS = st.one_of(
    st.sampled_from(["", "a", "a b", "A", "5", "5.0", "true", "null", "it's", '"', "\\", "%.0"]),
    st.sampled_from(['!"', "a\n", "a\t", "a ", 'a"', "a\\", "\uffff", "\U0001f600"]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6),
)
NUMBERS = st.one_of(
    st.integers(-1000, 1000),
    st.integers(0, 2**40),
    st.integers(-200, 200).map(lambda half: half / 2 + 0.0),
    st.sampled_from([-0.0, 1e7, 12_345_678.0, 12_345_678.5, -2e10, 2.0**62, 10_000_000]),
)
AMOUNTS = st.sampled_from(["100.00", "-0.50", "7", "1e3", "EUR 5", " 7"])
SCALARS = st.one_of(TEXTS, NUMBERS, AMOUNTS, st.booleans(), st.none())
FEW = st.sampled_from(["a", "a,b", '"', "5", 5, 5.0, 2.5, True, False, None])
ARRAYS = st.lists(st.one_of(FEW, FEW, TEXTS), max_size=3)
VALUES = st.one_of(SCALARS, ARRAYS, st.dictionaries(TEXTS, SCALARS))
NAMES = ("plan", "price", "p l'an", "größe", "tags")
PATHS = (
    *NAMES,
    "nested.city",
    "nested.plan",
    "properties.country",
    "missing",
    "plan.deeper",
    "tags.0",
    "nested.1",
)
TEXT_COLUMNS = ("event_name", "country", "customer_identifier", "url")
COLUMNS = (*TEXT_COLUMNS, "metric_value")
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe",
         "America/Havana", "America/Santiago", "Africa/Cairo")  # fmt: skip
# Clocks change here: Berlin, Havana and New York, Santiago, Lord Howe, Cairo, in this order.
CHANGES_MS = (1_792_890_000_000, 1_793_509_200_000, 1_788_667_200_000, 1_791_041_400_000,
              1_793_307_600_000)  # fmt: skip
SHORT = ("minus_60_minutes", "minus_1_hours", "minus_3_hours", "today",
         {"from": CHANGES_MS[0] - HOUR_MS, "to": CHANGES_MS[0] + 2 * HOUR_MS})  # fmt: skip
LONG = ("minus_1_days", "minus_2_weeks", "minus_2_months", "yesterday",
        {"from": "2026-10-24", "to": "2026-11-02T12:30"},
        {"from": "2026-09-05T10:00:00+02:00", "to": "2026-10-05 23:59:59.999Z"},
        {"from": "2026-10-29", "to": NOW_MS + HOUR_MS})  # fmt: skip

GROUPS = st.lists(st.sampled_from(COLUMNS + PATHS), max_size=2, unique=True)
AGES = st.sampled_from([-1, 0, 1, HOUR_MS, 5 * HOUR_MS])
DIRECTIONS = st.sampled_from(["ASC", "DESC"])


@cache
def properties() -> st.SearchStrategy[dict[str, Any]]:
    """Return properties with few names, so that questions find something."""
    flat = {**dict.fromkeys((*NAMES, "country"), VALUES), "tags": st.one_of(ARRAYS, VALUES)}
    nested = st.fixed_dictionaries({}, optional={"city": SCALARS, "plan": SCALARS, "1": SCALARS})
    return st.fixed_dictionaries({}, optional={**flat, "nested": nested})


@cache
def _happened() -> st.SearchStrategy[int]:
    """Return times: close to now, and close to changes of the clocks."""
    near = st.sampled_from([-1, 0, 1, HOUR_MS, HOUR_MS + 1, 5 * HOUR_MS, 40 * HOUR_MS])
    halves = st.builds(
        lambda at, halves, ms: at + halves * HOUR_MS // 2 + ms,
        st.sampled_from(CHANGES_MS),
        st.integers(-60, 60),
        st.sampled_from([-1, 0, 1]),
    )
    return st.one_of(near.map(lambda age: NOW_MS - age), halves)


@st.composite
def events(draw: st.DrawFn) -> list[Event]:
    """Return events of two projects and customers, some of them copies, all in the window.

    Copies happened within hours of each other: a cold one is looked for within a day.
    """
    found = []
    copied = {"k1": draw(_happened()), "k2": draw(_happened())}
    for number in range(draw(st.integers(0, 12))):
        key = draw(st.sampled_from(["k1", "k2", *[f"own-{number}"] * 3]))
        happened = copied[key] - draw(AGES) if key in copied else draw(_happened())
        found.append(
            event(
                number,
                project_id=draw(st.sampled_from([PROJECT, PROJECT, "project-b"])),
                dedupe_key=key,
                event_name=draw(st.sampled_from(["signup", "pay"])),
                country=draw(st.sampled_from([None, "DE", "FR"])),
                url=draw(st.one_of(st.none(), TEXTS)),
                customer_identifier=draw(st.sampled_from([None, "c1", "c2"])),
                metric_value=draw(st.sampled_from([None, 0.5, 2.0, 40.0, 0.0, -0.0])),
                received_ms=NOW_MS - draw(st.integers(0, ARRIVED_WITHIN_MS)),
                timestamp_ms=happened,
                properties=draw(properties()),
            )
        )
    return found


@st.composite
def bodies(draw: st.DrawFn) -> dict[str, Any]:
    """Return a question that is valid."""
    groups = draw(GROUPS)
    computations = draw(_several_computations())
    names = [*groups, *("_".join(c.values()) for c in computations)]
    body = {
        "time_period": draw(st.sampled_from(SHORT + LONG)),
        "group_by": groups,
        "computations": computations,
        "filters": draw(_several_filters()),
        "limit": draw(st.sampled_from([1, 3, 1000])),
    }
    if draw(st.booleans()):
        body["group_by_date"] = draw(_dates(short=body["time_period"] in SHORT))
        names.append("date")
    asked = draw(st.lists(st.sampled_from(names), max_size=2))
    directed = [{"field_name": name, "direction": draw(DIRECTIONS)} for name in asked]
    return {**body, "order_by": directed}


@cache
def _dates(*, short: bool) -> st.SearchStrategy[dict[str, Any]]:
    intervals = ["hour", "day", "week", "month", *(["minute"] if short else [])]
    return st.fixed_dictionaries(
        {"interval": st.sampled_from(intervals)},
        optional={"timezone": st.sampled_from(ZONES), "fill": st.booleans()},
    )


@cache
def _computations() -> st.SearchStrategy[dict[str, Any]]:
    anything = st.tuples(
        st.sampled_from(["count", "count_unique"]), st.sampled_from(COLUMNS + PATHS)
    )
    ends = st.tuples(
        st.sampled_from(["min", "max"]), st.sampled_from((*TEXT_COLUMNS, "timestamp_ms"))
    )
    functions = ["sum", "avg", "min", "max", "median", "p90", "p95", "p99"]
    fields = st.sampled_from(["metric_value", "metric_value", "price", "nested.city", "plan"])
    numbers = st.tuples(st.sampled_from(functions), fields)
    told = st.one_of(anything, ends, numbers, numbers, numbers).map(
        lambda pair: {"function": pair[0], "field_name": pair[1]}
    )
    return st.one_of(st.just({"function": "count"}), told, told, told)


@cache
def _several_computations() -> st.SearchStrategy[list[dict[str, Any]]]:
    some = st.lists(_computations(), min_size=1, max_size=4, unique_by=lambda c: tuple(c.values()))
    return st.one_of(some, some, _percentiles())


@cache
def _percentiles() -> st.SearchStrategy[list[dict[str, Any]]]:
    """Return percentiles of one field, which engines take of counted values, and counts beside."""
    functions = st.sampled_from(["median", "p90", "p95", "p99", "count"])
    several = st.lists(functions, min_size=1, max_size=3, unique=True)
    return st.builds(
        lambda names, field: [
            {"function": name, **({} if name == "count" else {"field_name": field})}
            for name in names
        ],
        several,
        st.sampled_from(["metric_value", "price", "plan"]),
    )


@cache
def _several_filters() -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(filters(), max_size=2)


@cache
def filters() -> st.SearchStrategy[dict[str, Any]]:
    """Return filters of every operator, on columns and on custom fields."""
    texts = st.sampled_from(["signup", "DE", "c1", "it's", "", "a"])
    numbers = st.sampled_from([0.5, 2, 40])
    paths = st.sampled_from((*PATHS, "tags", "tags", "price"))
    return st.one_of(
        _of(st.sampled_from(TEXT_COLUMNS), texts, parts=True),
        _of(st.just("metric_value"), numbers, parts=False),
        _of(paths, st.one_of(SCALARS, FEW), parts=True),
        _of(paths, st.one_of(SCALARS, FEW), parts=True),
        st.builds(_filter, paths, st.sampled_from(["equals", "not_equals"]), ARRAYS),
        st.builds(_filter, paths, st.just("contains"), FEW.filter(lambda one: one is not None)),
    )


def _of(
    names: st.SearchStrategy[str], values: st.SearchStrategy[Any], *, parts: bool
) -> st.SearchStrategy[dict[str, Any]]:
    """Return filters of all operators that take these values."""
    either = st.one_of(values, st.none())
    ranges = values.filter(lambda one: one is not None and not isinstance(one, bool))
    found: Sequence[st.SearchStrategy[dict[str, Any]]] = [
        st.builds(_filter, names, st.sampled_from(["equals", "not_equals"]), either),
        st.builds(_filter, names, st.sampled_from(["gt", "gte", "lt", "lte"]), ranges),
        st.builds(
            _filter,
            names,
            st.sampled_from(["in", "not_in"]),
            st.lists(either, min_size=1, max_size=4),
        ),
        st.builds(_filter, names, st.sampled_from(["exists", "not_exists"])),
    ]
    if parts:
        some = values.filter(lambda one: isinstance(one, str) and one != "")
        told = st.builds(_filter, names, st.sampled_from(["contains", "starts_with"]), some)
        found = [*found, told]
    return st.one_of(found)


_NOTHING = object()


def _filter(name: str, op: str, value: Any = _NOTHING) -> dict[str, Any]:
    told = {"field_name": name, "op": op}
    return told if value is _NOTHING else {**told, "value": value}
