"""Trees that take erased customers out of the cold files of one machine. Pure.

Who is erased, and the files, are parameters; who writes files, and which count, is not said here.
"""

from sqlglot import exp

from openbunker_local.compaction import trees as compaction
from openbunker_local.compaction.trees import COLUMNS_OF, ERASED_COLUMNS

ERASING = "erasing"
_CUSTOMER = ("project_id", "customer_identifier")
_LISTS = {
    "project_id": ("projects", "TEXT"),
    "customer_identifier": ("customers", "TEXT"),
    "until_ms": ("untils", "BIGINT"),
}
_IDS = {
    "project_id": ("projects", "TEXT"),
    "event_id": ("ids", "TEXT"),
    "received_ms": ("times", "BIGINT"),
}


def whose() -> exp.Create:
    """Return the table of who goes: `$projects`, `$customers` and `$untils` side by side."""
    until = exp.Max(this=exp.column("until_ms")).as_("until_ms")
    listed = exp.select(*_listed(_LISTS)).subquery("listed")
    rows = exp.select(*_CUSTOMER, until).from_(listed).group_by(*_CUSTOMER)
    return exp.Create(this=exp.to_table(ERASING), kind="TABLE", replace=True, expression=rows)


def count(kind: str) -> exp.Select:
    """Return how many rows of the files `$files` go."""
    return _joined(kind, "semi").select(exp.Count(this=exp.Star()))


def kept(kind: str) -> exp.Select:
    """Return the rows of the files `$files` that stay; those without a customer do."""
    return _joined(kind, "anti").select(*(exp.column(name, "cold") for name in COLUMNS_OF[kind]))


def gone(kind: str) -> exp.Select:
    """Return what is kept of the rows of the files `$files` that go."""
    return _joined(kind, "semi").select(*(exp.column(name, "cold") for name in ERASED_COLUMNS))


def ids() -> exp.Select:
    """Return rows of `$projects`, `$ids` and `$times`: what is kept of rows that were hot."""
    return exp.select(*_listed(_IDS))


def _joined(kind: str, how: str) -> exp.Select:
    same = [exp.column(name, "cold").eq(exp.column(name, ERASING)) for name in _CUSTOMER]
    early = exp.column("received_ms", "cold") <= exp.column("until_ms", ERASING)
    rows = exp.select().from_(compaction.content(kind).subquery("cold"))
    return rows.join(ERASING, on=exp.and_(*same, early), join_type=how)


def _listed(lists: dict[str, tuple[str, str]]) -> list[exp.Expr]:
    return [
        exp.Explode(this=exp.cast(exp.Placeholder(this=values), f"{kind}[]")).as_(name)
        for name, (values, kind) in lists.items()
    ]
