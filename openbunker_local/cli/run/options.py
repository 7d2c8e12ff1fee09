"""The options of `openbunker run` that bound what clients may do and leave behind, with their help.

Types and texts alone: what they mean is told in docs/limits.md and held by the server.
"""

from pathlib import Path
from typing import Annotated

import typer

from openbunker_local.cli.run import config

PANEL = "Limits of the front"


def _whole(text: str) -> object:
    return typer.Option(min=1, help=text, rich_help_panel=PANEL)


def _seconds(text: str) -> object:
    return typer.Option(min=0.05, help=text, rich_help_panel=PANEL)


Connections = Annotated[int, _whole("Connections that are open at a time.")]
HeldMib = Annotated[int, _whole("MiB of requests that are not answered yet.")]
HeaderKib = Annotated[int, _whole("KiB of a request's line and headers.")]
Headers = Annotated[int, _whole("Headers of a request.")]
HeaderSeconds = Annotated[float, _seconds("Seconds until a request's headers are there.")]
BodySeconds = Annotated[float, _seconds("Seconds from the headers to the end of the body.")]
IdleSeconds = Annotated[float, _seconds("Seconds that a connection is kept after an answer.")]

RefusedDays = Annotated[
    int, typer.Option(min=0, help="Days for which refused items are kept; 0: for ever.")
]
RefusedMib = Annotated[int, typer.Option(min=0, help="MiB of refused items of one project.")]
QuestionProcesses = Annotated[
    int,
    typer.Option(min=1, max=16, help="Processes for heavy questions, each with 128 MB for DuckDB."),
]
Workers = Annotated[
    int,
    typer.Option(
        min=0, max=16, help="Processes that take events in beside the server; 0: it does so alone."
    ),
]
TrustedProxy = Annotated[
    list[str] | None,
    typer.Option(
        help="Address or network of a proxy whose word counts; several times for several."
    ),
]
CountryHeader = Annotated[
    str, typer.Option(help="Header in which a trusted proxy names the country, two letters.")
]
Demo = Annotated[bool, typer.Option(help="Make a demo project with keys in a new data folder.")]
Config = Annotated[
    Path | None,
    typer.Option(is_eager=True, callback=config.use, help="TOML file of these options."),
]
