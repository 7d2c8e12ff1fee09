"""The tables of docs/scaling.md, in Markdown, in its order. Computes nothing that has a rule."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from bench.scaling.needs import HOT_SECONDS, RUN_SECONDS, Load, ceilings, mib, multiple, question
from bench.scaling.peers import peers
from bench.scaling.quotas import Limits, shipped
from bench.scaling.simulation import simulate
from openbunker_local.costs import prices
from openbunker_local.costs.bill import Traffic, bill
from openbunker_local.costs.prices import MILLION
from openbunker_local.costs.writing import writing

RATES = (1_000, 10_000, 100_000, 1_000_000)
LOADS = [Load(rate, batch) for batch in (1, 100) for rate in RATES]
Rows = Sequence[Sequence[str]]


def main() -> int:
    """Print the tables."""
    print("\n\n".join(tables()))
    return 0


def tables() -> Sequence[str]:
    """Return the tables."""
    return (_ceilings(), _minute(), _needs(), _questions(), _months(), _million())


def _ceilings() -> str:
    rows = [(one.what, _count(one.singles), _count(one.batches)) for one in ceilings()]
    return _table(("limit", "events a second, singles", "in batches of 100"), rows)


def _minute() -> str:
    names = ("events a second", "a request", "as shipped", "throttles raised alone", "all raised")
    return _table(names, [_outcomes(load) for load in LOADS])


def _outcomes(load: Load) -> Sequence[str]:
    now, wanted = shipped(load.batch), load.wanted()
    raised = now.at_least(wanted)
    alone = replace(now, route=raised.route, route_burst=raised.route_burst, gateway=raised.gateway)
    told = (_told(load, limits) for limits in (now, alone, raised))
    return (_count(load.events), str(load.batch), *told)


def _told(load: Load, limits: Limits) -> str:
    found = simulate(load.requests, load.request_bytes, limits, Random(1))
    parts = {"stored": found.stored, "spilled": found.spilled,
             "429": found.turned_away, "503": found.throttled}  # fmt: skip
    return ", ".join(f"{part:.0%} {name}" for name, part in parts.items() if part >= 0.005)


def _needs() -> str:
    names = ("events a second", "a request", "requests a second", "calls at once of Lambda",
             "minutes to grow to it", "MiB a second", "times the stream's quota",
             "elsewhere")  # fmt: skip
    rows = [
        (
            _count(load.events), str(load.batch), _count(load.requests), _count(load.environments),
            f"{load.minutes_to_grow:.1f}", f"{mib(load.stream_bytes):.1f}",
            f"{multiple(load, large=True):.1f}", f"{multiple(load, large=False):.1f}",
        )
        for load in LOADS
    ]  # fmt: skip
    return _table(names, rows)


def _questions() -> str:
    names = ("events a second", "hot objects", "GB read", "seconds of S3 alone", "$ a question", "",
             "GB a run of compaction reads")  # fmt: skip
    rows = []
    for load in LOADS[len(RATES) :]:
        one = question(load)
        told = (_count(one.objects), f"{one.read_bytes / 1e9:.1f}", f"{one.seconds_of_reading:.1f}")
        rows.append((_count(load.events), *told, f"{one.dollars:.3f}", one.answer,
                     f"{one.read_bytes * RUN_SECONDS / HOT_SECONDS / 1e9:.1f}"))  # fmt: skip
    return _table(names, rows)


def _months() -> str:
    names = ("events a second", "singles, HTTP API", "singles, Function URL", "batches of 100",
             "batches of 500", "logs of the singles")  # fmt: skip
    rows = []
    for rate in RATES:
        events = rate * prices.MONTH_SECONDS
        kinds = [Traffic(events), Traffic(events, function_url=True)]
        kinds += [Traffic(events, 100), Traffic(events, 500)]
        logs = next(line.dollars for line in bill(kinds[0]) if line.what == "logs")
        rows.append((_count(rate), *(_dollars(_month(one)) for one in kinds), _dollars(logs)))
    return _table(names, rows)


def _million() -> str:
    names = ("a million events", "$", "source")
    ours = (("singles, HTTP API", 1, False), ("singles, Function URL", 1, True),
            ("batches of 100, HTTP API", 100, False),
            ("batches of 500, HTTP API", 500, False))  # fmt: skip
    rows = []
    for what, batch, url in ours:
        whole = _month(Traffic(100 * MILLION, batch, function_url=url)) / 100
        alone = writing(MILLION, batch, Traffic(1).event_bytes, function_url=url).total
        rows.append((f"**{what}**", f"{alone:.3f}", f"`openbunker cost`; {whole:.2f} as one of 100 "
                     "million a month, with all of the bill"))  # fmt: skip
    for one in peers():
        span = f"{one.most:.3f}" if one.most < 1 else f"{one.most:g}"
        span += "" if one.most == one.least else f" to {one.least:g}"
        rows.append((one.what, span, one.source))
    return _table(names, rows)


def _month(traffic: Traffic) -> float:
    return sum(line.dollars for line in bill(traffic))


def _count(number: float) -> str:
    return f"{number:,.0f}"


def _dollars(number: float) -> str:
    return f"{number:,.0f}"


def _table(names: Sequence[str], rows: Rows) -> str:
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
