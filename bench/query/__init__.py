"""Questions over folders as a running server would leave them: `python -m bench query`.

answers   How soon, how fast over hot and over cold, and that history costs nothing
data      The folders: cold days and hot objects
journeys  What funnels, retention and the names of events cost
visible   How soon an event is visible to questions
"""

from bench.query.answers import main

__all__ = ["main"]
