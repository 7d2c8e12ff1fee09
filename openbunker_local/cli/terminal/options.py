"""The options that several commands have: one spelling, one default, one sentence of help each."""

from pathlib import Path
from typing import Annotated

import typer

DEFAULT_DATA = Path(".openbunker")
DEFAULT_LIMIT = 100
MAX_OVERLAP_SECONDS = 30 * 86_400

DataOption = Annotated[Path, typer.Option("--data", help="Data folder of one machine.")]
StackOption = Annotated[
    str, typer.Option("--stack", help="A deployed stack, in place of a data folder.")
]
ProjectOption = Annotated[
    str, typer.Option("--project", help="Project id; the demo's when left out.")
]
AnyProjectOption = Annotated[
    str, typer.Option("--project", help="Only this project; all of them when left out.")
]
FromOption = Annotated[
    str,
    typer.Option("--from", metavar="TIME", help="From this day or time on; UTC unless it says."),
]
ToOption = Annotated[
    str,
    typer.Option("--to", metavar="TIME", help="Until before this day or time; now if left out."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask back.")]
LimitOption = Annotated[int, typer.Option("--limit", min=1, help="How many to show.")]
CursorOption = Annotated[str, typer.Option("--cursor", help="Where the last listing ended.")]
AccountOption = Annotated[
    str, typer.Option("--account", help="Account id; needed when there are several.")
]
OverlapOption = Annotated[
    int,
    typer.Option(
        "--overlap", min=0, max=MAX_OVERLAP_SECONDS, help="Seconds for which the old key works on."
    ),
]
