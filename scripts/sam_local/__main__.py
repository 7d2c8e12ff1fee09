"""`make sam-local`: every event and curl under `sam local`; `python -m scripts.sam_local serve`.

Exit 0: all as expected. 1: something was not. 2: it cannot run here, and why.
"""

import logging
import signal
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from openbunker.wire.registry import DIALECTS
from scripts.sam_local import curls, sam
from scripts.sam_local.engine import Engine, NoEngine, found
from scripts.sam_local.sam import Running, SamFailed
from scripts.sam_local.standins import BUILT, ENVIRONMENT, ROOT, StandIns, stand_ins
from tests.support.sample_events import EVENTS, EXPECTED, event, problems

Told = tuple[str, str]
BY_HAND = "eventbunker-post"
HINT = "`make build ARCH={}` makes it, and needs the PyPI registry alone."


def main(words: list[str]) -> int:
    """Run what is asked for and return the exit code."""
    if words not in ([], ["serve"]):
        print(__doc__)
        return 2
    try:
        engine = found()
    except NoEngine as error:
        print(f"sam local needs a container engine: {error}.")
        print("Without one, tests/integration/test_built_artefacts.py sends the same events.")
        return 2
    if not (BUILT.is_file() and sam.SAM.is_file()):
        print(f"There is no built stack in .aws-sam/. {HINT.format(engine.architecture)}")
        return 2
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for each call of the stand-ins
    with stand_ins(engine) as running:
        return _serve(engine) if words else _check(engine, running)


def _serve(engine: Engine) -> int:
    """Leave the stand-ins running for somebody's own commands."""
    print(f"Stand-ins listen; {ENVIRONMENT.relative_to(ROOT)} leads to them. Elsewhere, type:\n")
    shown = [word.replace(f"{ROOT}/", "") for word in sam.options(engine)]
    event_file = f"events/{BY_HAND}.json"
    words = ["sam local invoke TrackFunction -e", event_file, *shown]
    print(f"  .cache/sam-venv/bin/{' '.join(words)}\n")
    print("Ctrl-C ends them.")
    signal.sigwait({signal.SIGINT, signal.SIGTERM})
    return 0


def _check(engine: Engine, standing: StandIns) -> int:
    """Send everything, and tell each that is not as expected."""
    with tempfile.TemporaryDirectory(prefix="openbunker-sam-") as text:
        folder = Path(text)
        try:
            wrong = _told("sam local invoke", _by_hand(engine, standing))
            with sam.running("start-lambda", engine, folder) as running:
                wrong += _told("files of events/", _events(running, standing))
            with sam.running("start-api", engine, folder) as running:
                told = curls.problems(running.url, standing.variables)
                wrong += _told("curls of the README", told)
                wrong += _told("events of the curls, by dialect", _stored(standing))
        except SamFailed as error:
            print(f"sam local failed: {error}")
            return 1
    return 1 if wrong else 0


def _by_hand(engine: Engine, standing: StandIns) -> Iterator[Told]:
    def invoke(_: str, __: object) -> dict[str, object]:
        return sam.invoked_by_hand(engine, "TrackFunction", EVENTS / f"{BY_HAND}.json")

    yield BY_HAND, "; ".join(problems(BY_HAND, invoke, standing.stream, standing.moto_url))


def _stored(standing: StandIns) -> Iterator[Told]:
    """Yield each dialect, and that nothing of it is in the stream."""
    found = {one.dialect for one in standing.stream.new_events()}
    yield from (
        (one.name, "" if one.name in found else "nothing in the stream") for one in DIALECTS
    )


def _events(running: Running, standing: StandIns) -> Iterator[Told]:
    for name in sorted(EXPECTED):
        found = problems(name, running.invoke, standing.stream, standing.moto_url)
        yield name, "; ".join(found)
    yield "queue/replay-spilled", _replayed(running, standing)
    yield "schedule/compact-due", _done(running, "compact", "compaction")
    yield "schedule/erase-due", _done(running, "erase", "erasure")


def _replayed(running: Running, standing: StandIns) -> str:
    """Return what is wrong with the replay of a good message and a bad one."""
    sent = event("queue/replay-spilled")
    answer = running.invoke("replay", sent)
    stored = [one.event_name for one in standing.stream.new_events()]
    bad = {"batchItemFailures": [{"itemIdentifier": sent["Records"][1]["messageId"]}]}
    return "" if (answer, stored) == (bad, ["signup.spilled"]) else f"{answer}, {stored} stored"


def _done(running: Running, function: str, outcome: str) -> str:
    """Return what is wrong with a scheduled run over a bucket that holds nothing."""
    answer = running.invoke(function, event(f"schedule/{function}-due"))
    return "" if answer.get(outcome) == "done" else f"{answer}"


def _told(what: str, found: Iterable[Told]) -> int:
    """Tell how many were as expected, and each that was not; return how many were not."""
    told = list(found)
    wrong = [(name, problem) for name, problem in told if problem]
    print(f"{what}: {len(told) - len(wrong)} of {len(told)} as expected", flush=True)
    for name, problem in wrong:
        print(f"  {name}: {problem[:600]}", flush=True)
    return len(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
