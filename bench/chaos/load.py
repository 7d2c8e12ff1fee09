"""The clients of a chaos run: one thread for each dialect, against one server, until told to stop.

What was left without an answer, or told to be sent again, waits in `Load` for the next server
where the sender has ids of its own. Notes everything in the ledger; judges nothing.
"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from random import Random
from threading import Event as Flag

from bench.chaos.dialects import AGAIN, SPEAKERS, Event, Fate, Speaker, Told, customer
from bench.chaos.history.model import Outcome, Write
from bench.chaos.ledger import Ledger
from tests.support.server import Answer, RunningServer, call

PAUSE_SECONDS = 0.003
SPOILT_SHARE = 0.1
MAX_RESENDS = 200


class Load:
    """Clients with a memory. A seed gives the same events and sizes in the same order."""

    def __init__(self, ledger: Ledger, seed: str) -> None:
        self.ledger = ledger
        self._random = {one.name: Random(f"{seed} {one.name}") for one in SPEAKERS}
        self._waiting: dict[str, list[list[Event]]] = {one.name: [] for one in SPEAKERS}

    @contextmanager
    def against(self, server: RunningServer) -> Iterator[None]:
        """Send from all clients while the block runs; then let each finish its request."""
        stop = Flag()
        with ThreadPoolExecutor(len(SPEAKERS)) as pool:
            clients = [pool.submit(self._client, server, one, stop) for one in SPEAKERS]
            try:
                yield
            finally:
                stop.set()
        for client in clients:
            client.result()

    def settle(self, server: RunningServer) -> None:
        """Send again what is waiting, until all of it was accepted."""
        for speaker in SPEAKERS:
            waiting, connection = self._waiting[speaker.name], server.connect()
            for _ in range(MAX_RESENDS + len(waiting)):
                if not waiting:
                    break
                self._send(server, connection, speaker, waiting.pop(0))
            connection.close()
            if waiting:
                self.ledger.problem(f"{speaker.name} was told to send again without end")

    def _client(self, server: RunningServer, speaker: Speaker, stop: Flag) -> None:
        connection = server.connect()
        try:
            while not stop.is_set():
                if not self._send(server, connection, speaker, self._next(speaker)):
                    connection.close()
                    if server.process.poll() is not None or not _listens(connection):
                        return
                stop.wait(PAUSE_SECONDS)
        finally:
            connection.close()

    def _next(self, speaker: Speaker) -> list[Event]:
        random, waiting = self._random[speaker.name], self._waiting[speaker.name]
        if waiting and random.random() < 0.5:
            return waiting.pop(0)
        size = random.randint(1, speaker.batch)
        events = [Event(self.ledger.new(), random.random() < SPOILT_SHARE) for _ in range(size)]
        for event in events:
            if event.spoilt:  # whatever the answer will be, and if there is none
                self.ledger.refuse(event.number)
        return events

    def _send(
        self,
        server: RunningServer,
        connection: HTTPConnection,
        speaker: Speaker,
        events: list[Event],
    ) -> bool:
        """Send one request and note its end; False when there was no answer."""
        sent = speaker.write(server.demo, events)
        started = time.monotonic_ns()
        try:
            answer = call(connection, "POST", sent.path, sent.body, dict(sent.headers))
        except (OSError, HTTPException):
            self.ledger.unanswered(event.number for event in events)
            self._record(speaker, events, started)
            self._wait_with(speaker, events)
            return False
        self.ledger.answered((time.monotonic_ns() - started) / 1e6)
        told = speaker.read(answer, events)
        self._record(speaker, events, started, answer.status, told)
        self._wait_with(speaker, self._note(speaker, events, answer, told))
        return True

    def _record(
        self,
        speaker: Speaker,
        events: list[Event],
        sent: int,
        status: int = 0,
        told: Told | None = None,
    ) -> None:
        """Add a request to the history, event by event; without a status there was no answer."""
        now, now_ms, history = time.monotonic_ns(), time.time_ns() // 1_000_000, self.ledger.history
        for event, (fate, event_id) in zip(
            events, told or [(Fate.UNEXPECTED, None)] * len(events), strict=True
        ):
            outcome = _outcome(fate, status)
            own = None if speaker.ids else event_id
            whose = customer(event.number) if speaker.customers else None
            history.writes.append(Write(event.number, outcome, sent, now, now_ms, own, whose))
            sought = f"chaos-{event.number}" if speaker.ids else event_id
            if outcome is Outcome.ACCEPTED and sought:
                self.ledger.receivable.append((event.number, sought, whose))

    def _note(
        self, speaker: Speaker, events: list[Event], answer: Answer, told: Told
    ) -> list[Event]:
        """Note what was told of each event; return those to be sent again."""
        again = []
        for event, (fate, event_id) in zip(events, told, strict=True):
            match fate:
                case Fate.ACCEPTED:
                    self.ledger.accept(event.number, event_id, own_id=not speaker.ids)
                case Fate.REFUSED:
                    pass  # noted before it was sent
                case Fate.AGAIN:
                    self.ledger.send_again(event.number)
                    again.append(event)
                case Fate.UNEXPECTED:
                    text = f"{speaker.name}: {answer.status} {answer.body} for {event}"
                    self.ledger.problem(text[:300])
        return again

    def _wait_with(self, speaker: Speaker, events: list[Event]) -> None:
        if speaker.ids and events:
            self._waiting[speaker.name].append(events)


def _outcome(fate: Fate, status: int) -> Outcome:
    """Return what a fate says of the store: only a 503 says that a good event is not there."""
    if fate is Fate.AGAIN:
        return Outcome.AGAIN if status == AGAIN else Outcome.UNKNOWN
    return {Fate.ACCEPTED: Outcome.ACCEPTED, Fate.REFUSED: Outcome.REFUSED}.get(
        fate, Outcome.UNKNOWN
    )


def _listens(connection: HTTPConnection) -> bool:
    try:
        connection.connect()
    except OSError:
        return False
    return True
