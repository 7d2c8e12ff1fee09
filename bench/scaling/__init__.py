"""What breaks first as a stack grows, and what it costs: `python -m bench scaling`.

needs       What a load wants of each service, and where each limit ends, by arithmetic
peers       What others publish as their price of a million events
quotas      AWS's limits and the template's, with the page that each is from
simulation  A minute of traffic against those limits, a tenth of a second at a time
tables      All of it as the tables that docs/scaling.md holds
"""

from bench.scaling.tables import main

__all__ = ["main"]
