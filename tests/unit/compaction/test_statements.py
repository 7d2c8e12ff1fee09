"""The texts that Athena gets: never longer than it takes, and no way out of a value."""

import sqlglot
from sqlglot import exp

from openbunker.compaction import statements
from openbunker.compaction.planning import MAX_GONE, MAX_LATE
from openbunker.compaction.statements import Contents, Gone, Minutes
from openbunker.erasure.hashing import PERSON_COLUMNS, hash_of
from openbunker.query.engine import Table

LONGEST = 262_144
DAYS = [f"2026-11-{day:02}" for day in range(1, statements.MAX_DAYS)] + ["other"]
MINUTES = [Minutes(day, "0000", "2359") for day in DAYS]
LATE = [
    Gone(hash_of("p", str(number), PERSON_COLUMNS[number % 4]), 1_795_219_200_000)
    for number in range(MAX_LATE)
]
GONE = LATE[:MAX_GONE]


def test_the_longest_statements_fit() -> None:
    projects = [f"{number:064}" for number in range(statements.MAX_PROJECTS)]
    texts = [
        statements.insert(MINUTES, DAYS, projects, "2026-01-01", LATE),
        statements.erase(GONE),
        statements.contents(MINUTES * 100),
    ]
    assert max(len(text) for text in texts) < LONGEST * 0.8
    for text in texts:
        assert sqlglot.parse_one(text, dialect="athena")


def test_of_more_projects_all_rows_are_looked_through() -> None:
    projects = [str(number) for number in range(statements.MAX_PROJECTS + 1)]

    text = statements.insert(MINUTES, DAYS, projects)

    assert "project_id IN" not in text
    assert "dt >=" not in text


def test_a_quote_in_an_id_stays_within_its_text() -> None:
    wicked = "p') OR 1=1 --"

    text = statements.insert(MINUTES, DAYS, [wicked])

    literals = {one.name for one in sqlglot.parse_one(text, dialect="athena").find_all(exp.Literal)}
    assert wicked in literals


def test_what_partitions_hold_is_read_from_the_answer() -> None:
    rows = [["other", "b", 3, 0], ["2026-11-20", "a", 2, 1], ["2026-11-20", "b", 1, 0]]

    held = Contents.of(Table(["day", "project_id", "events", "ids"], rows, None))

    assert held == Contents(("2026-11-20", "other"), ("a", "b"), ("a",), 6)
