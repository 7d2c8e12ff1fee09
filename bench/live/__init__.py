"""What the newest events cost to ask for, and how soon one is shown.

measure  The polls over a million events, and probes of a running server
"""

from bench.live.measure import main

__all__ = ["main"]
