"""`openbunker audit`: who made, changed or ended which project or key, and when."""

from typing import Annotated

import typer

from openbunker.manage.audit import entries, told
from openbunker_local.cli import shared
from openbunker_local.cli.shared import DEFAULT_DATA, DataOption, JsonOption, StackOption

COLUMNS = ("at", "actor", "action", "what", "detail")


def audit(
    *,
    project: Annotated[str, typer.Option(help="Only of this project.")] = "",
    key: Annotated[str, typer.Option(help="Only of this key id.")] = "",
    limit: shared.LimitOption = shared.DEFAULT_LIMIT,
    cursor: Annotated[str, typer.Option(help="Where the last listing ended.")] = "",
    data: DataOption = DEFAULT_DATA,
    stack: StackOption = "",
    as_json: JsonOption = False,
) -> None:
    """Show who changed which project or key when, newest first."""
    with shared.office(data, stack) as office:
        page = entries(office, limit, cursor or None, project_id=project, key_id=key)
    rows = [told(entry) for entry in page.things]
    if as_json:
        shared.show_json({"entries": rows, "next_cursor": page.cursor})
        return
    for row in rows:
        row["what"] = row.get("key_id") or row.get("project_id") or row["account_id"]
    shared.show(rows, COLUMNS, "Nothing was changed yet.")
    shared.more(page.cursor)
