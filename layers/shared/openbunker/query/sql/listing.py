"""Listing -> statement of one page, newest first, and how its table becomes the page.

A page begins after the last row of the one before it (a keyset: time, then event id), so what
arrives meanwhile shifts nothing. The trees are `page_trees`'.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openbunker.core.errors import RequestRefused
from openbunker.core.reasons import Reason
from openbunker.query.engine import Statement, Table
from openbunker.query.question import cursor
from openbunker.query.question.columns import Field
from openbunker.query.question.cursor import Place
from openbunker.query.question.forms import MAX_REPLY_BYTES
from openbunker.query.question.listing import Listing
from openbunker.query.scope import Scope
from openbunker.query.sql.page_trees import OURS, PageTrees

# Characters of the texts of a page; what is left is cut by bytes in the form that was asked for.
MAX_PAGE_CHARACTERS = MAX_REPLY_BYTES

Fitting = Callable[[Sequence[str], Sequence[Sequence[Any]]], int]


@dataclass(frozen=True, slots=True)
class Page:
    """The statement of a page, and how its table becomes the page."""

    listing: Listing
    statement: Statement
    bounds: tuple[int, int]

    @property
    def columns(self) -> list[str]:
        """The names of the page's columns."""
        return [field.name for field in self.listing.select]

    def rows(self, table: Table, fitting: Fitting) -> tuple[list[list[Any]], Place | None]:
        """Return the rows that fit into one answer, and their last place when more follow.

        `fitting` says how many of the first rows do.
        """
        here = table.rows[: self.listing.limit]
        found = [self._told(row) for row in here]
        fit = fitting(self.columns, found)
        if not found or fit == here[0][-1]:
            return found, None
        at_ms, event_id, _ = here[fit - 1][-OURS:]
        return found[:fit], Place(*self.bounds, at_ms, event_id)

    def _told(self, row: Sequence[Any]) -> list[Any]:
        return [_typed(*pair) for pair in zip(row[:-OURS], self.listing.select, strict=True)]


def page(listing: Listing, body: Mapping[str, Any], scope: Scope, now_ms: int) -> Page:
    """Return the page that a listing asks for. Raises RequestRefused for a wrong cursor."""
    place = _place(listing, body, scope)
    bounds = (place.from_ms, place.to_ms) if place else listing.time_period.bounds(now_ms)
    trees = PageTrees(listing, scope, place, bounds, now_ms, MAX_PAGE_CHARACTERS)
    return Page(listing, trees.statement(), bounds)


def _place(listing: Listing, body: Mapping[str, Any], scope: Scope) -> Place | None:
    if listing.cursor is None:
        return None
    try:
        return cursor.place_of(listing.cursor, body, scope.project_id)
    except ValueError as error:
        raise RequestRefused(Reason.INVALID_QUERY, f"cursor: {error}") from None


def _typed(value: Any, field: Field) -> Any:
    """Return a value as it was sent; a field without a kind holds JSON text."""
    if field.kind is None and value is not None:
        return json.loads(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value
