"""Keeps what was refused of a known key, before the answer and as well as it can.

Imported only when something was refused, so accepted traffic pays nothing. Knows no vendor and no
store; the row is `refused`'s. Nothing here changes an answer: a bug is logged and counted.
"""

from collections.abc import Iterable, Sequence
from itertools import islice

from openbunker.core.errors import Refusal, RequestRefused
from openbunker.core.reasons import Reason
from openbunker.core.records import MAX_RECORD_BYTES
from openbunker.core.refused_rows import (
    MAX_MESSAGE_CHARACTERS,
    MAX_PAYLOAD_BYTES,
    Refused,
    Secrets,
    body_text,
    cut,
    encode,
    field_of,
    item_text,
)
from openbunker.core.verdict import Verdict
from openbunker.erasure.hashing import hash_of
from openbunker.ingest.services import Services
from openbunker.ingest.visit import Visit
from openbunker.keys.model import Key, KeyKind
from openbunker.keys.resolve import resolve, standing
from openbunker.sinks.refused import RefusedSink
from openbunker.web.guard import attempt
from openbunker.web.http import MAX_BODY_BYTES, REFUSED_ID_HEADER
from openbunker.web.log_lines import lost_line
from openbunker.wire.dialect import check_origin

# As many as the largest batch of a dialect holds; the body bounds their bytes.
MAX_KEPT = 2500
# A quota must lose nothing: what only it stands against is kept whole or not at all.
_MOST = {Reason.OVER_QUOTA: MAX_RECORD_BYTES}
# What a foreign origin sends is kept so that a page that was forgotten is found: one row says it.
SAMPLE_SECONDS = 60


def whole(visit: Visit, refused: RequestRefused, services: Services) -> None:
    """Keep a request that is refused as a whole. Never raises.

    One that is refused before its key or its origin was looked at is kept if the key is known, its
    origin allowed and its burst not used up, of which it takes one event: all of this is looked at
    for keeping alone, and the answer is the same for every key. Of what was refused for its origin
    a sample is kept. What a quota stands against was kept item by item.
    """
    if refused.reason is Reason.OVER_QUOTA:
        return
    refusal = Refusal(refused.reason, refused.message, refused.field)
    keeper = _keeper(visit, services)
    if keeper:
        attempt(lambda: keeper.whole(refusal), services.log)


def items(visit: Visit, verdicts: Sequence[Verdict], services: Services) -> bool:
    """Keep the refused items among the verdicts, in order and at most MAX_KEPT of them.

    Return whether all of them are kept, and whole where only a quota stood against them; also
    where nothing is to be kept. Never raises.
    """
    refusals = [(at, one.refusal) for at, one in enumerate(verdicts) if one.refusal]
    keeper = _keeper(visit, services)
    if keeper is None:
        return True
    kept: list[int] = []
    attempt(lambda: kept.append(keeper.items(refusals, len(verdicts))), services.log)
    return sum(kept) == len(refusals)


def _keeper(visit: Visit, services: Services) -> "_Keeper | None":
    """Return what keeps refusals; None without a place, and for what was kept once already."""
    if services.refused is None or REFUSED_ID_HEADER in visit.request.headers:
        return None
    return _Keeper(visit, services, services.refused)


class _Keeper:
    """Writes the rows of what one request had refused.

    The visit is told the id of a row that was kept and is all that the request had.
    """

    def __init__(self, visit: Visit, services: Services, sink: RefusedSink) -> None:
        self._visit = visit
        self._services = services
        self._sink = sink
        self._at_ms = services.now_ms()

    def whole(self, refusal: Refusal) -> None:
        """Keep the request as one row, if its key is known and speaks the dialect."""
        submission = self._visit.submission
        text = submission.key if submission else self._visit.dialect.key_of(self._visit.request)
        if (key := self._may_leave(text, refusal.reason)) is None:
            return
        secrets = self._secrets(text)
        sent = self._visit.request.beginning(MAX_BODY_BYTES)
        body = body_text(self._visit.dialect.opened(sent), secrets)
        self._alone(self._row(key, refusal, body, secrets))

    def items(self, refusals: Sequence[tuple[int, Refusal]], of: int) -> int:
        """Keep the refused items, by their place among all; return how many were kept."""
        submission, key = self._visit.submission, self._visit.key
        assert submission and key  # items have both
        secrets = self._secrets(submission.key)
        rows = (
            self._row(key, refusal, item_text(submission.raw(at), secrets), secrets, at)
            for at, refusal in refusals
        )
        return self._alone(next(rows)) if of == 1 else self._publish(rows, len(refusals))

    def _secrets(self, key_text: str | None) -> Secrets:
        dialect = self._visit.dialect
        return Secrets(key_text or "", dialect.key_members, dialect.masked)

    def _may_leave(self, text: str | None, reason: Reason) -> Key | None:
        """Return the key of a request as a whole, if it may have that kept now."""
        if self._visit.key is None:  # nor is there one where a key was read and is not known
            return None if self._visit.submission else self._looked_up(text)
        key, services = self._visit.key, self._services
        if not key.speaks(self._visit.dialect.name):
            return None
        if reason is Reason.ORIGIN_NOT_ALLOWED:
            name, now = f"origin {key.key_id}", services.monotonic()
            return None if services.buckets.take(name, SAMPLE_SECONDS, 1, now) else key
        return key if self._welcome(key) else None

    def _looked_up(self, text: str | None) -> Key | None:
        """Return the key of a request that was not read, if it may have anything kept now."""
        services = self._services
        try:
            key = resolve(text, services.keys, self._at_ms, KeyKind.WRITE)
            rate = standing(key, services.keys).events_per_second
        except RequestRefused:
            return None
        if not key.speaks(self._visit.dialect.name) or not self._welcome(key):
            return None
        if rate and services.buckets.take(key.key_id, 1, rate, services.monotonic()):
            return None
        return key

    def _welcome(self, key: Key) -> bool:
        """Return whether the key allows the request's origin; faults are told before that."""
        try:
            check_origin(self._visit.request, key)
        except RequestRefused:
            return False
        return True

    def _row(
        self, key: Key, refusal: Refusal, text: str, secrets: Secrets, item: int | None = None
    ) -> Refused:
        customer = key.customer_identifier
        payload, size = cut(text, _MOST.get(refusal.reason, MAX_PAYLOAD_BYTES))
        return Refused(
            project_id=key.project_id,
            refused_id=self._services.new_ids(self._at_ms, 1)[0],
            dialect=self._visit.dialect.name,
            route=f"{self._visit.request.method} {self._visit.request.path}",
            key_id=key.key_id,
            reason=refusal.reason.value,
            message=secrets.masked(refusal.message)[:MAX_MESSAGE_CHARACTERS],
            received_ms=self._at_ms,
            payload=payload,
            payload_bytes=size,
            field=field_of(refusal.field),
            item=item,
            customer_hash=customer and hash_of(key.project_id, customer),
        )

    def _alone(self, row: Refused) -> int:
        kept = self._publish([row], 1)
        if kept == 1:
            self._visit.refused_id = row.refused_id
        return kept

    def _publish(self, rows: Iterable[Refused], count: int) -> int:
        """Write the rows; what was not kept is logged and counted. Return how many were kept."""
        some = list(islice(rows, MAX_KEPT))
        records = [one for one in map(encode, some) if len(one.data) <= MAX_RECORD_BYTES]
        due = any(row.reason == Reason.OVER_QUOTA for row in some)
        kept = self._sink.keep(records, some[0].project_id, due=due)
        if kept < count:
            self._services.log(lost_line(self._visit.dialect.name, count - kept))
        return kept
