"""`openbunker audit`: who made, changed or ended which project or key, and when."""

from typing import Annotated

import typer

from openbunker.manage.audit import entries, told
from openbunker_local.cli.tenants import office
from openbunker_local.cli.terminal import tables
from openbunker_local.cli.terminal.options import (
    DEFAULT_DATA,
    DEFAULT_LIMIT,
    AnyProjectOption,
    CursorOption,
    DataOption,
    JsonOption,
    LimitOption,
    StackOption,
)

COLUMNS = ("at", "actor", "action", "what", "detail")


def audit(
    *,
    project: AnyProjectOption = "",
    key: Annotated[str, typer.Option(help="Only of this key id.")] = "",
    limit: LimitOption = DEFAULT_LIMIT,
    cursor: CursorOption = "",
    data: DataOption = DEFAULT_DATA,
    stack: StackOption = "",
    as_json: JsonOption = False,
) -> None:
    """Show who changed which project or key when, newest first."""
    with office(data, stack) as opened:
        page = entries(opened, limit, cursor or None, project_id=project, key_id=key)
    rows = [told(entry) for entry in page.things]
    if as_json:
        tables.show_json({"entries": rows, "next_cursor": page.cursor})
        return
    for row in rows:
        row["what"] = row.get("key_id") or row.get("project_id") or row["account_id"]
    tables.show(rows, COLUMNS, "Nothing was changed yet.", free=("detail",))
    tables.more(page.cursor)
