"""The readers of a chaos run: questions, walks, receipts and erasures beside the load, noted.

Three threads for each server, with a pause after each request. No answer, and a 503, is no read.
Judges nothing but the form of an answer: what it must have held is told by the history's laws.
"""

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import datetime
from http.client import HTTPConnection, HTTPException
from random import Random
from threading import Event as Flag
from typing import Any

from bench.chaos.dialects import AGAIN, OK
from bench.chaos.history.model import SHELF, Answer, Erasure, Receipt, Seen, Status, Walk
from bench.chaos.ledger import Ledger
from tests.support.server import Answer as Reply
from tests.support.server import RunningServer, call

READERS = ("questions", "walks", "receipts")
PAUSE_SECONDS = 0.02
PAGE = 90
MAX_PAGES = 2 * SHELF
# Of three reads two are of the newest shelves: there it is that rows move.
NEWEST_SHELVES, NEWEST_SHARE = 2, 0.67
NOT_FOUND, HIDDEN = 404, 202
PLACES = {
    "accepted": Status.DURABLE,
    "spilled": Status.DURABLE,
    "stored": Status.VISIBLE,
    "compacted": Status.VISIBLE,
    "duplicate_of": Status.VISIBLE,
    "refused": Status.REFUSED,
}


class Readers:
    """Threads that read one server after the other.

    Without a `true_clock` nobody is erased and no receipt asked for: both go by the server's clock.
    `damaged`: files were spoilt on purpose, and an answer that says so says nothing more.
    """

    def __init__(
        self, ledger: Ledger, seed: str, *, true_clock: bool, damaged: bool = False
    ) -> None:
        self._damaged = damaged
        self._ledger, self._history = ledger, ledger.history
        self._true_clock, self._to_erase = true_clock, True
        self._random = {name: Random(f"{seed} {name}") for name in READERS}

    @contextmanager
    def against(self, server: RunningServer) -> Iterator[None]:
        """Read from all threads while the block runs; then let each finish its request."""
        stop, since = Flag(), len(self._ledger.receivable)
        self._to_erase = True
        with ThreadPoolExecutor(len(READERS)) as pool:
            threads = [pool.submit(self._reader, name, server, stop, since) for name in READERS]
            try:
                yield
            finally:
                stop.set()
        for thread in threads:
            thread.result()

    def _reader(self, name: str, server: RunningServer, stop: Flag, since: int) -> None:
        random = self._random[name]
        with closing(server.connect()) as connection:
            while not stop.wait(PAUSE_SECONDS):
                try:
                    if name == "questions":
                        self._question(server, connection, self._shelf(random))
                    elif name == "walks":
                        self._walk(server, connection, self._shelf(random), stop)
                    else:
                        self._ask_about_one(server, connection, random, since)
                except (OSError, HTTPException):
                    connection.close()
                    if server.process.poll() is not None:
                        return

    def _shelf(self, random: Random) -> int:
        newest = max(0, self._ledger.sent - 1) // SHELF
        if random.random() < NEWEST_SHARE:
            return max(0, newest - random.randrange(NEWEST_SHELVES))
        return random.randint(0, newest)

    def _question(self, server: RunningServer, connection: HTTPConnection, shelf: int) -> None:
        if page := self._ask(server, connection, _counts(shelf), shelf):
            self._history.questions.append(page[0])

    def _walk(
        self, server: RunningServer, connection: HTTPConnection, shelf: int, stop: Flag
    ) -> None:
        """Read page after page; what an end or a failure cuts short is kept as far as it came."""
        pages: list[Answer] = []
        cursor: str | None = None
        ended = False
        try:
            while not (ended or stop.is_set()) and len(pages) < MAX_PAGES:
                asked = _listing(shelf) | ({"cursor": cursor} if cursor else {})
                if (page := self._ask(server, connection, asked, shelf)) is None:
                    break
                pages.append(page[0])
                cursor = page[1]
                ended = cursor is None
                stop.wait(PAUSE_SECONDS)
        finally:
            if pages:
                self._history.walks.append(Walk(pages[0].about, tuple(pages), ended))

    def _ask(
        self,
        server: RunningServer,
        connection: HTTPConnection,
        body: dict[str, Any],
        shelf: int,
    ) -> tuple[Answer, str | None] | None:
        """Return an answer and its cursor; None where it was none."""
        key = {"x-eventbunker-query-key": server.demo["query_key"]}
        asked = time.monotonic_ns()
        reply = call(connection, "POST", "/v1/query/json", body, key)
        answered = time.monotonic_ns()
        if reply.status != OK or not reply.body["complete"]:
            self._no_read(reply)
            return None
        about = range(shelf * SHELF, (shelf + 1) * SHELF)
        rows = tuple(Seen(*row) for row in reply.body["rows"])
        answer = Answer(about, asked, answered, fresh_to_ms(reply.body), rows)
        return answer, reply.body.get("cursor")

    def _ask_about_one(
        self, server: RunningServer, connection: HTTPConnection, random: Random, since: int
    ) -> None:
        """Ask for a receipt of what this server has accepted, or erase a customer now and then."""
        known = self._ledger.receivable
        if not self._true_clock or len(known) <= since:
            return
        number, sought, customer = known[random.randrange(since, len(known))]
        if customer and self._to_erase:  # one for each server: only 200 erasures may wait
            self._to_erase = False
            self._erase(server, connection, customer)
        else:
            self._receipt(server, connection, number, sought)

    def _receipt(
        self, server: RunningServer, connection: HTTPConnection, number: int, sought: str
    ) -> None:
        key = {"x-eventbunker-query-key": server.demo["query_key"]}
        asked = time.monotonic_ns()
        reply = call(connection, "GET", f"/v1/receipts/{sought}", headers=key)
        answered = time.monotonic_ns()
        if reply.status == OK:
            status = PLACES[reply.body["status"]]
            event_id = reply.body.get("duplicate_of") or reply.body.get("event_id", "")
        elif reply.status == NOT_FOUND:
            status, event_id = Status.UNKNOWN, ""
        else:
            self._no_read(reply)
            return
        self._history.receipts.append(Receipt(number, asked, answered, status, event_id))

    def _erase(self, server: RunningServer, connection: HTTPConnection, customer: str) -> None:
        key = {"x-eventbunker-delete-key": server.demo["delete_key"]}
        body, sure = {"customer_identifier": customer}, False
        asked = time.monotonic_ns()
        try:
            reply = call(connection, "POST", "/v1/delete/customer", body, key)
            sure = reply.status == HIDDEN
            if not sure:
                self._no_read(reply)
        finally:
            erasure = Erasure(customer, asked, time.monotonic_ns(), sure)
            self._history.erasures.append(erasure)

    def _no_read(self, reply: Reply) -> None:
        """Note an answer that says nothing; any but "ask again" should not have come."""
        if self._damaged and reply.status == OK and _lacks(reply) == {"damaged"}:
            self._ledger.unread("damaged")
        elif reply.status == AGAIN:
            self._ledger.unread(reply.headers.get("x-openbunker-reason", "no reason"))
        else:
            self._ledger.problem(f"a reader was told {reply.status} {reply.body}"[:300])


def _counts(shelf: int) -> dict[str, Any]:
    return {
        "time_period": "all",
        "filters": [{"field_name": "shelf", "op": "equals", "value": shelf}],
        "group_by": ["number", "event_id"],
        "computations": [{"function": "count"}],
        "limit": 10 * SHELF,
    }


def _listing(shelf: int) -> dict[str, Any]:
    return {
        "select": ["number", "event_id"],
        "time_period": "all",
        "filters": [{"field_name": "shelf", "op": "equals", "value": shelf}],
        "limit": PAGE,
    }


def fresh_to_ms(body: Mapping[str, Any]) -> int:
    """Return up to which moment an answer has everything."""
    return round(datetime.fromisoformat(body["fresh_to"]).timestamp() * 1_000)


def _lacks(reply: Reply) -> set[str]:
    return {lack["reason"] for lack in reply.body.get("incomplete", ())}
