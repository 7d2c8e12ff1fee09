"""How pages, exports and questions grow with history: the table, and its parts."""

from bench.growth.table import main

__all__ = ["main"]
