"""Trees that take erased customers out of the cold files of one machine. Pure.

Who is erased, and the files, are parameters; who writes files, and which count, is not said here.
"""

from sqlglot import exp

from openbunker.erasure.hashing import PERSON_COLUMNS
from openbunker_local.compaction import trees as compaction
from openbunker_local.compaction.trees import COLUMNS_OF, ERASED_COLUMNS

ERASING = "erasing"
_PERSON = ("project_id", "person_column", "identifier")
_LISTS = {
    "project_id": ("projects", "TEXT"),
    "person_column": ("columns", "TEXT"),
    "identifier": ("identifiers", "TEXT"),
    "until_ms": ("untils", "BIGINT"),
}
_IDS = {
    "project_id": ("projects", "TEXT"),
    "event_id": ("ids", "TEXT"),
    "received_ms": ("times", "BIGINT"),
}


def whose() -> exp.Create:
    """Return the table of who goes: `$projects`, `$columns`, `$identifiers` and `$untils`."""
    until = exp.Max(this=exp.column("until_ms")).as_("until_ms")
    listed = exp.select(*_listed(_LISTS)).subquery("listed")
    rows = exp.select(*_PERSON, until).from_(listed).group_by(*_PERSON)
    return exp.Create(this=exp.to_table(ERASING), kind="TABLE", replace=True, expression=rows)


def count(kind: str) -> exp.Select:
    """Return how many rows of the files `$files` go."""
    return _found(kind, gone=True).select(exp.Count(this=exp.Star()), copy=False)


def kept(kind: str) -> exp.Select:
    """Return the rows of the files `$files` that stay; those that name nobody do."""
    columns = (exp.column(name, "cold") for name in COLUMNS_OF[kind])
    return _found(kind, gone=False).select(*columns, copy=False)


def gone(kind: str) -> exp.Select:
    """Return what is kept of the rows of the files `$files` that go."""
    columns = (exp.column(name, "cold") for name in ERASED_COLUMNS)
    return _found(kind, gone=True).select(*columns, copy=False)


def ids() -> exp.Select:
    """Return rows of `$projects`, `$ids` and `$times`: what is kept of rows that were hot."""
    return exp.select(*_listed(_IDS))


def _found(kind: str, *, gone: bool) -> exp.Select:
    """Return the rows that go, or those that stay: each is looked up by each column of persons."""
    content = compaction.content(kind).subquery("cold", copy=False)
    rows, found = exp.select().from_(content, copy=False), list[exp.Condition]()
    for column in PERSON_COLUMNS:
        if column in COLUMNS_OF[kind]:  # of copies, only the customer is kept
            table = exp.table_(ERASING, alias=f"of_{column}")
            rows = rows.join(table, on=_hers(column), join_type="left", copy=False)
            found.append(exp.column("until_ms", f"of_{column}").is_(exp.null()).not_())
    hers = exp.or_(*found, copy=False)
    if not gone:
        hers = exp.not_(exp.paren(hers, copy=False), copy=False)
    return rows.where(hers, copy=False)


def _hers(column: str) -> exp.Condition:
    person = f"of_{column}"
    return exp.and_(
        exp.column("project_id", "cold").eq(exp.column("project_id", person)),
        exp.column("person_column", person).eq(exp.Literal.string(column)),
        exp.column(column, "cold").eq(exp.column("identifier", person)),
        exp.column("received_ms", "cold") <= exp.column("until_ms", person),
        copy=False,
    )


def _listed(lists: dict[str, tuple[str, str]]) -> list[exp.Expr]:
    return [
        exp.Explode(this=exp.cast(exp.Placeholder(this=values), f"{kind}[]")).as_(name)
        for name, (values, kind) in lists.items()
    ]
